// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors

// Reads of the lambda phage, aligned to its genome, sorted, indexed and counted. ALIGN is the long task.

// Short tasks are not worth a checkpoint.
process PREPARE {
    ext checkpoint: false

    input:
    val examples

    output:
    path 'lambda.fa', emit: reference
    tuple path('reads_1.fq'), path('reads_2.fq'), emit: reads

    script:
    """
    gzip -cd ${examples}/reference/lambda_virus.fa.gz > lambda.fa
    repeat-reads ${params.copies} ${examples}/reads/reads_1.fq.gz > reads_1.fq
    repeat-reads ${params.copies} ${examples}/reads/reads_2.fq.gz > reads_2.fq
    """
}

process BWA_INDEX {
    input:
    path reference

    output:
    path "${reference}.*"

    script:
    """
    bwa index ${reference}
    """
}

process ALIGN {
    publishDir params.outdir, mode: 'copy'
    cpus { Math.min(2, Runtime.runtime.availableProcessors()) }

    input:
    path reference
    path index
    tuple path(reads1), path(reads2)

    output:
    path 'lambda.bam'

    // -K fixes the batch size, so that the number of threads changes nothing in the result.
    script:
    """
    bwa mem -t ${task.cpus} -K 1000000 ${reference} ${reads1} ${reads2} \\
        | samtools sort -m 64M -o lambda.bam -
    """
}

process STATISTICS {
    publishDir params.outdir, mode: 'copy'

    input:
    path bam

    output:
    path "${bam}.bai"
    path 'flagstat.txt'

    script:
    """
    samtools index ${bam}
    samtools flagstat ${bam} > flagstat.txt
    """
}

workflow {
    PREPARE(params.examples)
    BWA_INDEX(PREPARE.out.reference)
    ALIGN(PREPARE.out.reference, BWA_INDEX.out, PREPARE.out.reads)
    STATISTICS(ALIGN.out)
}
