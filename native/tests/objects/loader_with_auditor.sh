#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Under LD_AUDIT.
# @timeout 60
LD_AUDIT=$(dirname "$0")/auditor.so exec "$(dirname "$0")/work"
