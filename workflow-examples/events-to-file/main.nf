// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors

// A task to watch: it counts to params.last, one number every params.seconds.

process COUNT {
    publishDir params.outdir, mode: 'copy'

    output:
    path 'numbers.txt'

    script:
    """
    for number in \$(seq ${params.last}); do
        echo \$number
        sleep ${params.seconds}
    done | tee numbers.txt
    """
}

workflow {
    COUNT()
}
