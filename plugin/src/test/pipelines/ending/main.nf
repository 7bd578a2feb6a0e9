// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// One task counts slowly, and waits half way for as long as the file `hold` is there; another ends the run when there is a
// file `fail`. What the run's own handlers are told is appended to a file. The token tells a task that went on from one that
// began again.

// Texts: a directory would be part of what a task is known by as it was last changed.
hold = "$launchDir/hold"
fail = "$launchDir/fail"

process WORKS {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    """
    cat /proc/sys/kernel/random/uuid > token.txt
    exec 3> lines.txt
    for i in \$(seq 40); do
        while [ \$i = 20 ] && [ -e '$hold' ]; do sleep 0.1; done
        echo "line \$i" >&3
        sleep 0.05
    done
    """
}

process FAILS {
    script:
    """
    until [ -e '$fail' ] || [ ! -e '$hold' ]; do sleep 0.1; done
    [ ! -e '$fail' ] || exit 3
    """
}

workflow {
    WORKS()
    FAILS()
}

workflow.onError { file("$launchDir/handlers.txt").append("error, exit status ${workflow.exitStatus}\n") }

workflow.onComplete { file("$launchDir/handlers.txt").append("complete, success ${workflow.success}\n") }
