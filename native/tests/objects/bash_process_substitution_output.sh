#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# Output through > >(cmd) and tee >(cmd): no line is lost or doubled, the file names /dev/fd/N stay good.
. "$(dirname "$0")/testlib.sh"

exec 3> >(while read -r line; do echo "got $line"; done >out)
consumer=$!
for i in $(seq 1 100); do echo "$i" >&3; done
ready
wait_go
sabotaged && echo 100 >&3
for i in $(seq 101 200); do echo "$i" >&3; done
exec 3>&-
wait "$consumer" || fail "the consumer ended with $?"
same "lines" "$(seq 1 200 | sed 's/^/got /' | cksum)" "$(cksum <out)"
seq 1 1000 | tee >(wc -l >count) >copy
until [ -s count ]; do sleep 0.01; done
same "tee's count" 1000 "$(tr -d ' ' <count)"
same "tee's copy" "$(seq 1 1000 | cksum)" "$(cksum <copy)"
pass
