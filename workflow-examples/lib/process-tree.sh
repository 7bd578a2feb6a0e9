# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Finding and killing process trees through /proc alone. Sourced by `run` and by the tests.

# Prints "PID PPID" of every process.
process_table() {
    local stat line
    for stat in /proc/[0-9]*/stat; do
        # The name in parentheses may hold anything, so the fields start after the last one.
        { read -r line < "$stat"; } 2> /dev/null || continue
        local pid=${line%% *} rest=${line##*) }
        local fields
        read -r -a fields <<< "$rest"
        echo "$pid ${fields[1]}"
    done
}

# Prints the descendants of process $1, parents before their children, without $1 itself.
descendants() {
    process_table | awk -v root="$1" '
        { children[$2] = children[$2] " " $1 }
        END {
            count = split(children[root], queue, " ")
            for (i = 1; i <= count; i++) {
                print queue[i]
                n = split(children[queue[i]], more, " ")
                for (j = 1; j <= n; j++) queue[++count] = more[j]
            }
        }'
}

# Kills everything below process $1 with SIGKILL, as if at one instant, and sets killed_pids. Stopping comes first,
# so that nothing forks away or cleans up while the list is made.
kill_descendants() {
    local seen=' ' new pid
    killed_pids=()
    while :; do
        new=0
        for pid in $(descendants "$1"); do
            [[ $seen == *" $pid "* ]] && continue
            kill -STOP "$pid" 2> /dev/null || continue
            seen+="$pid "
            killed_pids+=("$pid")
            new=1
        done
        ((new)) || break
    done
    ((${#killed_pids[@]} == 0)) || kill -KILL "${killed_pids[@]}" 2> /dev/null || true
}

# Waits until the processes PID... run no more; one that nobody reaps counts as gone.
wait_until_gone() {
    local pid line rest
    for pid in "$@"; do
        while { read -r line < "/proc/$pid/stat"; } 2> /dev/null; do
            rest=${line##*) }
            [[ ${rest%% *} == [ZX] ]] && break
            sleep 0.01
        done
    done
}
