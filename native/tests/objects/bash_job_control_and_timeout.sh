#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# set -m gives each job a process group of its own; timeout(1) and xargs -P with children across restarts.
. "$(dirname "$0")/testlib.sh"

set -m
(sleep 1000 | sleep 1000) &
group=$!
set +m
timeout 300 bash -c 'until [ -e go ]; do sleep 0.02; done; exit 6' &
timed=$!
seq 1 6 | xargs -P 3 -I{} bash -c 'until [ -e go ]; do sleep 0.02; done; echo {} >x.{}' &
parallel=$!
ready
wait_go
wait "$timed"; same "timeout's status" 6 $?
wait "$parallel"; same "xargs' status" 0 $?
sabotaged && rm x.3
same "files of xargs" "1 2 3 4 5 6" "$(cat x.? | sort | tr '\n' ' ' | sed 's/ $//')"
kill -TERM -- "-$group" || fail "there is no group $group"
wait "$group" 2>/dev/null; same "the group's status" 143 $?
timeout 0.1 sleep 5
same "timeout that runs out" 124 $?
pass
