// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors

// One task per language. Every program keeps state in memory, so that a wrong restore would change its result.

process COMPILE {
    ext checkpoint: false // short

    input:
    path programs

    output:
    path 'heat', emit: c
    path 'kmers', emit: cpp
    path 'orbits', emit: fortran
    path 'life', emit: openmp

    script:
    """
    make -f ${programs}/Makefile
    """
}

process ITERATE {
    tag { language }
    publishDir params.outdir, mode: 'copy'
    cpus { language == 'openmp' ? Math.min(2, Runtime.runtime.availableProcessors()) : 1 }

    input:
    tuple val(language), path(program)

    output:
    path "${language}.txt"

    script:
    """
    ./${program} ${params.iterations} > ${language}.txt
    """
}

workflow {
    programs = "${projectDir}/programs"
    COMPILE(file(programs))
    compiled = COMPILE.out.c.map { program -> ['c', program] }
        .mix(COMPILE.out.cpp.map { program -> ['cpp', program] })
        .mix(COMPILE.out.fortran.map { program -> ['fortran', program] })
        .mix(COMPILE.out.openmp.map { program -> ['openmp', program] })
    interpreted = Channel.of(
        ['python', file("${programs}/walkers.py")],
        ['r', file("${programs}/chain.R")],
        ['perl', file("${programs}/words.pl")]
    )
    ITERATE(interpreted.mix(compiled))
}
