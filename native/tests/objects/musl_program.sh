#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# A dynamic program of another C library.
# @needs build/tests/cli/work_musl
# @timeout 60
exec "$(dirname "$0")/work_musl"
