// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// Tasks that count slowly, and wait half way for as long as a file is there, for the run to be interrupted. The
// token tells a task that went on from one that began again.

def countSlowly() {
    """
    cat /proc/sys/kernel/random/uuid > token.txt
    exec 3> lines.txt
    for i in \$(seq 40); do
        while [ \$i = 20 ] && [ -e '$params.hold' ]; do sleep 0.1; done
        echo "line \$i" >&3
        sleep 0.05
    done
    """
}

process OUTLIVES {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly()
}

process LOST {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly()
}

process LOST_ELSEWHERE {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly()
}

process UNCACHED {
    cache false

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly()
}

process WITH_INPUT {
    input:
    path 'input.txt'

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly()
}

workflow {
    OUTLIVES()
    LOST()
    LOST_ELSEWHERE()
    UNCACHED()
    WITH_INPUT(file("$launchDir/input.txt"))
}
