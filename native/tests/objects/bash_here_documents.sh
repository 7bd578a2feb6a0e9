#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# Here-documents and here-strings, small ones in a pipe and large ones in a deleted file, read on after a restart.
. "$(dirname "$0")/testlib.sh"

large=$(seq 1 30000) # more than 64 KiB
{
    read -r first
    same "first line" 1 "$first"
    {
        read -r small
        same "first line of the small one" one "$small"
        ready
        wait_go
        sabotaged && read -r _
        read -r small
        same "second line of the small one" two "$small"
        read -r small
        same "expansion in the small one" "three $test_dir" "$small"
    } <<EOF
one
two
three $test_dir
EOF
    same "rest of the large one" "$(seq 2 30000 | cksum)" "$(cksum)"
} <<EOF
$large
EOF
read -r word rest <<<"a here string"
same "here-string" "a/here string" "$word/$rest"
pass
