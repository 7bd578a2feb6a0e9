// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors

// One process for each way in which Slurm ends a job; tests/slurm sees to the ends. Tasks count (bin/tick).

process LIMIT {
    publishDir params.outdir
    time '1 min'
    clusterOptions '-w node1'

    output:
    path 'LIMIT.txt'

    script:
    "tick ${params.many} ${params.witness}/LIMIT > LIMIT.txt"
}

process CANCEL {
    publishDir params.outdir
    clusterOptions '-w node1'

    output:
    path 'CANCEL.txt'

    script:
    "tick ${params.last} ${params.witness}/CANCEL > CANCEL.txt"
}

process PREEMPT {
    publishDir params.outdir
    queue 'main'
    clusterOptions { task.attempt == 1 ? '-w node3' : '-w node1' }

    output:
    path 'PREEMPT.txt'

    script:
    "tick ${params.many} ${params.witness}/PREEMPT > PREEMPT.txt"
}

process CRASH {
    publishDir params.outdir
    clusterOptions { task.attempt == 1 ? '-w node2' : '-w node1' }

    output:
    path 'CRASH.txt'

    script:
    "tick ${params.last} ${params.witness}/CRASH > CRASH.txt"
}

process REQUEUE {
    publishDir params.outdir
    clusterOptions '-w node1 --requeue'

    output:
    path 'REQUEUE.txt'

    script:
    "tick ${params.last} ${params.witness}/REQUEUE > REQUEUE.txt"
}

process MEMORY {
    publishDir params.outdir
    memory { 40.MB * (task.attempt == 1 ? 1 : 10) }
    clusterOptions '-w node1'

    output:
    path 'MEMORY.txt'

    script:
    "tick ${params.last} ${params.witness}/MEMORY 40 > MEMORY.txt"
}

process ARRAY {
    publishDir params.outdir
    array 3
    clusterOptions '-w node1'

    input:
    val number

    output:
    path "ARRAY${number}.txt"

    script:
    "tick ${params.last} ${params.witness}/ARRAY${number} > ARRAY${number}.txt"
}

process ORPHAN {
    publishDir params.outdir
    clusterOptions '-w node1'

    input:
    val number

    output:
    path "ORPHAN${number}.txt"

    script:
    "tick ${params.last} ${params.witness}/ORPHAN${number} 0 15 > ORPHAN${number}.txt"
}

// For a Nextflow that is killed, and resumed while the jobs run.
workflow orphans {
    ORPHAN(Channel.of(1, 2))
}

workflow {
    LIMIT()
    CANCEL()
    PREEMPT()
    CRASH()
    REQUEUE()
    MEMORY()
    ARRAY(Channel.of(1, 2, 3))
}
