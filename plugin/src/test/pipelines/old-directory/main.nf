// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// Tasks that count slowly, and wait half way for as long as the file `hold` is there, to be killed. The token tells a task
// that went on from one that began again. Another task reads what they have made.

hold = "$launchDir/hold"

def countSlowly() {
    """
    cat /proc/sys/kernel/random/uuid > token.txt
    mkdir folder
    exec 3> lines.txt
    for i in \$(seq 40); do
        while [ \$i = 20 ] && [ -e '$hold' ]; do sleep 0.1; done
        echo "line \$i" >&3
        echo "said \$i"
        sleep 0.05
    done
    cat input.txt > folder/copy.txt
    pwd > folder/where.txt
    """
}

process CONTINUES {
    input:
    path 'input.txt'

    output:
    path 'lines.txt'
    path 'token.txt'
    path 'folder', emit: folder
    stdout emit: said

    script:
    countSlowly()
}

process SCRATCH_CONTINUES {
    scratch true

    input:
    path 'input.txt'

    output:
    path 'lines.txt'
    path 'token.txt'
    path 'folder', emit: folder
    stdout emit: said

    script:
    countSlowly()
}

process READS {
    input:
    path 'folder?/*'
    val said

    output:
    path 'copies.txt'

    script:
    """
    cat folder*/*/copy.txt > copies.txt
    """
}

workflow {
    CONTINUES(file("$launchDir/input.txt"))
    SCRATCH_CONTINUES(file("$launchDir/input.txt"))
    said = CONTINUES.out.said.mix(SCRATCH_CONTINUES.out.said)
    said.collectFile(name: 'said.txt', storeDir: 'results', sort: true)
    READS(CONTINUES.out.folder.mix(SCRATCH_CONTINUES.out.folder).collect(), said.toSortedList())
}
