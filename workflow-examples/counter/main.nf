// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors

// The same counter in C and in bash. Both count to params.last, one number every params.seconds.

process COUNT_C {
    publishDir params.outdir, mode: 'copy'

    input:
    path source

    output:
    path 'count-c.txt'

    script:
    """
    cc -O2 -o counter ${source}
    ./counter ${params.last} ${params.seconds} | tee count-c.txt
    """
}

process COUNT_BASH {
    publishDir params.outdir, mode: 'copy'

    input:
    path source

    output:
    path 'count-bash.txt'

    script:
    """
    bash ${source} ${params.last} ${params.seconds} | tee count-bash.txt
    """
}

workflow {
    COUNT_C(file("${projectDir}/counter.c"))
    COUNT_BASH(file("${projectDir}/counter.sh"))
}
