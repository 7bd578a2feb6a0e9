#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# Command substitutions nested four deep, the innermost one waiting while checkpoints are taken.
. "$(dirname "$0")/testlib.sh"

inner() {
    printf 'deep '
    ready
    wait_go
    sabotaged && printf 'more '
    printf 'down'
}

value=$(printf 'one[%s]' "$(printf 'two[%s]' "$(printf 'three[%s]' "$(inner)")")")
same "value" "one[two[three[deep down]]]" "$value"
n=0
for i in $(seq 1 150); do n=$(($(echo "$n") + $(echo "$(echo 1)"))); done
same "150 short ones" 150 "$n"
value=$(exit 9)
same "exit status of a substitution" 9 $?
pass
