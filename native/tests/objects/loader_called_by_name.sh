#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# A program run by the loader, as wrappers of binary distributions do it.
# @timeout 60
exec /lib64/ld-linux-x86-64.so.2 "$(dirname "$0")/work"
