#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# Traps for signals, ERR, DEBUG state and EXIT; ignored signals stay ignored in children, as in Nextflow's wrapper.
. "$(dirname "$0")/testlib.sh"

log=
trap 'log+=term' TERM
trap 'log+=usr2' USR2
trap '' USR1
trap 'log+=err' ERR
trap 'echo at exit >exit_trap' EXIT
ready
wait_go
kill -TERM $$
kill -USR2 $$
kill -USR1 $$
false
sabotaged && kill -TERM $$
same "traps that ran" "termusr2err" "$log"
bash -c 'kill -USR1 $$; exit 5'
same "an ignored signal in a child" 5 $?
log=
trap - ERR
same "SIGUSR2 in the list of traps" "trap -- 'log+=usr2' SIGUSR2" "$(trap -p USR2)"
(trap 'exit 4' TERM; kill -TERM $BASHPID; sleep 10)
same "a subshell's own trap" 4 $?
pass
