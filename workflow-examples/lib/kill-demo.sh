# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# `run EXAMPLE --kill`: an undisturbed run, a run whose long task is killed after its second checkpoint, and the
# account of both. Uses engine() and $state of `run`.

# Prints the pid of the top .command.run that runs in task directory $1.
task_process() {
    local proc pid parent found=' ' pids=()
    for proc in /proc/[0-9]*; do
        [[ $(readlink "$proc/cwd" 2> /dev/null) == "$1" ]] || continue
        tr '\0' ' ' 2> /dev/null < "$proc/cmdline" | grep -q '\.command\.run' || continue
        pids+=("${proc#/proc/}")
        found+="${proc#/proc/} "
    done
    for pid in "${pids[@]}"; do
        parent=$(sed -n 's/^PPid:\s*//p' "/proc/$pid/status" 2> /dev/null)
        [[ $found == *" $parent "* ]] || { echo "$pid" && return; }
    done
    return 1
}

# Waits for a task of the run in directory $1 that has two generations, kills all of it below .command.run, and sets
# victim_*. Fails when Nextflow (process $2) ends first.
kill_second_generation() {
    local store top_pid started=$EPOCHREALTIME
    while kill -0 "$2" 2> /dev/null; do
        for store in $(stores_in "$1/work"); do
            (($(store_generation "$store") >= 2)) || continue
            victim_dir=$(json_values "$store/task.json" attemptDir)
            top_pid=$(task_process "$victim_dir") || continue
            victim_generation=$(store_generation "$store")
            kill_descendants "$top_pid"
            victim_store=$store
            victim_pids=${#killed_pids[@]}
            victim_after=$(seconds_since "$started")
            victim_name=$(task_name "$victim_dir")
            ((victim_pids > 0)) && return
        done
        sleep 0.1
    done
    return 1
}

# Prints the stores in the Nextflow work directory $1; no name in there has a blank.
stores_in() {
    find "$1/.nf-checkpoint/stores" -name task.json -printf '%h\n' 2> /dev/null
}

# Waits until the killed task has been restarted and sets victim_restarts, or until Nextflow (process $1) ends. Not
# later: the plugin removes the store once the task has succeeded.
await_restart() {
    victim_restarts=''
    while [[ -z $victim_restarts ]] && kill -0 "$1" 2> /dev/null; do
        sleep 0.1
        victim_restarts=$(restarts_of "$victim_store")
    done
}

# Prints the name Nextflow gave the task in directory $1.
task_name() {
    local name
    name=$(sed -n "s/^### name: '\(.*\)'$/\1/p" "$1/.command.run" 2> /dev/null | head -n 1)
    echo "${name:-${1##*/}}"
}

seconds_since() {
    awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'
}

# Prints "GENERATION SECONDS" for every restart of the store $1: the image, and how far the task had come in it.
restarts_of() {
    local restarts
    restarts=$(store_restarts "$1" 2> /dev/null) || return 0
    paste -d ' ' <(grep -oE '"generation" *: *[0-9]+' <<< "$restarts" | grep -oE '[0-9]+$') \
        <(grep -oE '"runSeconds" *: *[0-9.]+' <<< "$restarts" | grep -oE '[0-9.]+$')
}

# Prints what happened and returns 0 only if a restart happened and the outputs are the same bytes.
account() {
    local files status=0
    files=$(cd "$state/undisturbed/results" && find . -type f | wc -l)

    echo
    echo "killed    $victim_name: $victim_pids processes with SIGKILL, ${victim_after} s after the start of Nextflow," \
        "at generation $victim_generation"
    if [[ -n $victim_restarts ]]; then
        awk '{ printf "restored  from generation %d, taken when the task had run for %.1f s\n", $1, $2; saved += $2 }
            END { printf "saved     %.1f s of computing\n", saved }' <<< "$victim_restarts"
    else
        echo "restored  nothing: the task was not restarted from an image"
        status=1
    fi
    if ((files > 0)) && diff -r "$state/undisturbed/results" "$state/killed/results"; then
        echo "outputs   identical to the undisturbed run ($files files, byte for byte)"
    else
        echo "outputs   DIFFERENT from the undisturbed run ($files files)"
        status=1
    fi
    return "$status"
}

# kill_demo NEXTFLOW-ARGUMENT...
kill_demo() {
    rm -rf "$state/undisturbed" "$state/killed"
    say "undisturbed run, plugin off"
    settings undisturbed 'checkpoint.enabled = false'
    (engine undisturbed "$@") || die "the undisturbed run failed"

    say "run with a kill after the second checkpoint, one every $interval"
    settings killed "checkpoint.interval = '$interval'"
    engine killed "$@" &
    nextflow_pid=$!
    kill_second_generation "$state/killed" "$nextflow_pid" \
        || { wait "$nextflow_pid"; die "no task lived to its second checkpoint, so nothing was killed"; }
    say "killed $victim_name: $victim_pids processes"
    await_restart "$nextflow_pid"
    wait "$nextflow_pid" || die "the run with the kill failed with exit status $?"
    account
}
