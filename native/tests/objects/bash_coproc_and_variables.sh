#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# A coprocess, arrays, functions, options, positional parameters and RANDOM's sequence.
. "$(dirname "$0")/testlib.sh"

set -u -- first "second argument"
declare -A map=([key]="value with spaces" [other]=2)
list=(a b c)
RANDOM=42
sequence="$RANDOM $RANDOM"
coproc TWICE { while read -r n; do echo $((2 * n)); done; }
echo 4 >&"${TWICE[1]}"
ready
wait_go
sabotaged && echo 1 >&"${TWICE[1]}" && read -r _ <&"${TWICE[0]}"
echo 5 >&"${TWICE[1]}"
read -r n <&"${TWICE[0]}"
same "answer to the question before" 8 "$n"
read -r n <&"${TWICE[0]}"
same "answer to the question after" 10 "$n"
third=$RANDOM
RANDOM=42
same "random sequence" "$sequence $third" "$RANDOM $RANDOM $RANDOM"
same "map" "value with spaces" "${map[key]}"
same "list" "a b c" "${list[*]}"
same "parameters" "2 second argument" "$# $2"
case $- in *u*) ;; *) fail "set -u is lost" ;; esac
pass
