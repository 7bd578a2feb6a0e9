#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# while read ... done < <(cmd): the command and the loop are both alive across checkpoints.
. "$(dirname "$0")/testlib.sh"

producer() {
    seq 1 500
    wait_go
    seq 501 1000
    ! sabotaged || echo 1
}

sum=0 lines=0
while read -r n; do
    sum=$((sum + n)) lines=$((lines + 1))
    [ "$n" = 250 ] && ready
done < <(producer)
same "lines" 1000 "$lines"
same "sum" 500500 "$sum"
wait $! || fail "the producer ended with $?"
same "two at once" "$(printf '1\ta\n2\tb')" "$(paste <(printf '1\n2\n') <(printf 'a\nb\n'))"
pass
