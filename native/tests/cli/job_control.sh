#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# job_control.sh [--background] COMMAND...: a shell at work. It says when the command has been stopped by Ctrl-Z, and
# brings it back at the next line.
set -m
if [ "$1" = --background ]; then
    shift
    "$@" &
    wait $!
    exit
fi
"$@"
status=$?
while [ $status = 148 ]; do
    echo stopped
    read -r _
    fg >/dev/null
    status=$?
done
exit $status
