#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# A preloaded library of the program's own, behind ours.
# @timeout 60
here=$(dirname "$0")
export INTERPOSER_REPORT=$PWD/report
LD_PRELOAD=$LD_PRELOAD:$here/interposer.so exec "$here/work"
