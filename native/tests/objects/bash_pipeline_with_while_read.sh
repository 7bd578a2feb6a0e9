#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# A four-stage pipeline with while read in the middle, its data in flight; PIPESTATUS, pipefail and lastpipe.
. "$(dirname "$0")/testlib.sh"

slow() {
    local n=0
    while IFS= read -r line; do
        n=$((n + 1))
        echo "$line"
        if [ "$n" = 100 ]; then
            ready
            wait_go
        fi
    done
    sabotaged && echo one more
    return 4
}

seq 1 20000 | sed 's/^/x/' | slow | tr x y >out
same "PIPESTATUS" "0 0 4 0" "${PIPESTATUS[*]}"
same "output" "$(seq 1 20000 | sed 's/^/y/' | cksum)" "$(cksum <out)"
set -o pipefail
seq 1 10 | (exit 3) | cat >/dev/null
case $? in 3 | 141) ;; *) fail "pipefail gave $?" ;; esac
yes | head -n 1 >/dev/null
same "SIGPIPE of the first stage" "141 0" "${PIPESTATUS[*]}"
pass
