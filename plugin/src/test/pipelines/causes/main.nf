// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// Tasks that count slowly, and wait half way for as long as the file `hold` is there. What is to happen to a task meanwhile
// stands in a file of its name in `faults`, which it takes away. The token tells a task that went on from one that began
// again.

hold = "$launchDir/hold"
faults = "$launchDir/faults"

def countSlowly(name) {
    """
    cat /proc/sys/kernel/random/uuid > token.txt
    exec 3> lines.txt
    for i in \$(seq 40); do
        while [ \$i = 20 ] && [ -e '$hold' ]; do
            if [ -e '$faults/$name' ]; then
                fault=\$(cat '$faults/$name')
                rm '$faults/$name'
                eval "\$fault"
            fi
            sleep 0.1
        done
        echo "line \$i" >&3
        sleep 0.05
    done
    """
}

process OUT_OF_MEMORY {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly('OUT_OF_MEMORY')
}

process OUT_OF_MEMORY_IN_SILENCE {
    errorStrategy 'retry'

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly('OUT_OF_MEMORY_IN_SILENCE')
}

// In a control group with a memory limit.
process KILLED_BY_KERNEL {
    beforeScript "echo \$\$ > $params.group"

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly('KILLED_BY_KERNEL')
}

process SEGFAULT {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly('SEGFAULT')
}

process ERROR {
    errorStrategy 'retry'

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly('ERROR')
}

process ONE_OF_A_PIPE {
    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    """
    set -o pipefail
    cat /proc/sys/kernel/random/uuid > token.txt
    for i in \$(seq 40); do
        while [ \$i = 20 ] && [ -e '$hold' ]; do sleep 0.1; done
        echo "\$i"
        sleep 0.05
    done | sed -u 's/^/line /' > lines.txt
    """
}

// Its own error comes after three failures that it cannot help.
process KILLED_THRICE {
    errorStrategy 'retry'
    maxRetries 1

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly('KILLED_THRICE')
}

process CLOSURE {
    errorStrategy { task.exitStatus in 137..140 ? 'retry' : 'ignore' }
    maxRetries 5

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly('CLOSURE')
}

process THIRD_TIME_IGNORED {
    errorStrategy { task.attempt < 3 ? 'retry' : 'ignore' }
    maxRetries 5

    script:
    "exit 3"
}

// The text that a task began with is the one that it ends with.
process MORE_EACH_TIME {
    errorStrategy 'retry'
    memory { 100.MB * task.attempt }
    time { 1.h * task.attempt }

    output:
    path 'lines.txt'
    path 'token.txt'
    path 'memory.txt'

    script:
    countSlowly('MORE_EACH_TIME') + "echo $task.memory > memory.txt\n"
}

process TOO_LARGE {
    ext checkpoint: [maxSize: '8 MB']

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly('TOO_LARGE')
}

process STORED {
    storeDir "$launchDir/results/STORED"

    output:
    path 'lines.txt'
    path 'token.txt'

    script:
    countSlowly('STORED')
}

workflow {
    OUT_OF_MEMORY()
    OUT_OF_MEMORY_IN_SILENCE()
    if (params.group) {
        KILLED_BY_KERNEL()
    }
    SEGFAULT()
    ERROR()
    ONE_OF_A_PIPE()
    KILLED_THRICE()
    CLOSURE()
    THIRD_TIME_IGNORED()
    MORE_EACH_TIME()
    TOO_LARGE()
    STORED()
}
