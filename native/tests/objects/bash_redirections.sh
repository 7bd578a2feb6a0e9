#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# Descriptors opened, duplicated and moved with exec, appending and read-write, kept across restarts.
. "$(dirname "$0")/testlib.sh"

seq 1 10 >numbers
exec 4<numbers 5>>log 6<>numbers 7>&5
read -r n <&4
same "first number" 1 "$n"
read -r n <&6
echo before >&5
exec {big}>big_fd
echo before >&"$big"
ready
wait_go
sabotaged && read -r _ <&4
read -r n <&4
same "second number" 2 "$n"
read -r n <&6
same "second number through the other" 2 "$n"
echo "after" >&7
echo "after" >&"$big"
exec 4<&- 5>&- 7>&-
same "log" "before after" "$(tr '\n' ' ' <log | sed 's/ $//')"
same "high descriptor" "before after" "$(tr '\n' ' ' <big_fd | sed 's/ $//')"
{ true <&4; } 2>/dev/null && fail "a closed descriptor is open"
pass
