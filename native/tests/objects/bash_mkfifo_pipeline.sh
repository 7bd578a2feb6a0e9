#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# A pipeline over named FIFOs: two producers, a merging reader, a consumer in the background.
. "$(dirname "$0")/testlib.sh"

mkfifo left right merged
(seq 1 2 1999; wait_go; ! sabotaged || echo 9) >left &
(seq 2 2 2000; wait_go) >right &
paste -d '\n' left right >merged &
sort -n <merged >sorted &
ready
wait_go
for job in $(jobs -p); do
    wait "$job" || fail "job $job ended with $?"
done
same "merged lines" "$(seq 1 2000 | cksum)" "$(cksum <sorted)"
pass
