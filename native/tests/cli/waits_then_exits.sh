#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# Prints `pass` once it may go; its exit status is its first argument, or 0.
. "$(dirname "$0")/testlib.sh"
ready
wait_go
echo pass
exit "${1-0}"
