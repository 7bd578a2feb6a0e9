#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# counter.c again, in bash: counter.sh [LAST [SECONDS]]
set -u
last=${1:-} seconds=${2:-1}
for ((i = 1; ${#last} == 0 || i <= last; i++)); do
    echo "$i"
    [[ $i == "$last" ]] || sleep "$seconds"
done
