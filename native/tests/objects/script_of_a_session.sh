#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# script(1) records a shell that reads lines in a terminal of its own: nothing is lost or written twice.
set -u
. "$(dirname "$0")/testlib.sh"

# shellcheck disable=SC2016
script -qefc 'stty -echo rows 20 cols 70; test -t 0 && tty >name; echo begun; : >ready
    until [ -e go ]; do sleep 0.02; done
    [ "$(tty)" = "$(cat name)" ] && stty size; echo ended >/dev/tty' record >seen </dev/null
[ $? = 0 ] || fail "script ended with $?"
sabotaged && echo more >>seen
same "what was seen" $'begun\r\n20 70\r\nended\r' "$(cat seen)"
same "what was recorded" "$(cat seen)" "$(sed '/^Script /d' record | sed '/^$/d')"
pass
