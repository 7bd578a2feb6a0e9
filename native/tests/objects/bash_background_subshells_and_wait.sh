#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# Three background subshells and wait: each exit status, and jobs that ended before the checkpoint.
. "$(dirname "$0")/testlib.sh"

(exit 21) & early=$!
(wait_go; echo a >a; exit 3) & a=$!
(wait_go; echo b >b; exit 0) & b=$!
(wait_go; echo c >c; kill -TERM $BASHPID) & c=$!
sleep 1000 & long=$!
ready
wait_go
wait "$early"; same "the one that ended early" 21 $?
wait "$a"; same "the first" 3 $?
wait "$b"; same "the second" 0 $?
wait "$c" 2>/dev/null; same "the third, by SIGTERM" 143 $?
sabotaged && rm b
same "what they wrote" "abc" "$(cat a b c 2>/dev/null | tr -d '\n')"
kill "$long"
wait "$long" 2>/dev/null; same "the long one" 143 $?
wait
same "no job left" "" "$(jobs)"
pass
