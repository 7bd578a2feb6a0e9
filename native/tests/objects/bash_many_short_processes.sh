#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# A loop that starts processes all the time; checkpoints fall between fork, exec and exit.
. "$(dirname "$0")/testlib.sh"

ready
rounds=0
while [ ! -e "$test_dir/go" ] || [ "$rounds" = 0 ]; do
    rounds=$((rounds + 1))
    value=$(echo "$rounds" | cat | sed 's/$/!/')
    same "round" "$rounds!" "$value"
    /bin/true || fail "true gave $?"
    (exit 7)
    same "subshell" 7 $?
done
sabotaged && value=
same "last value" "$rounds!" "$value"
pass
