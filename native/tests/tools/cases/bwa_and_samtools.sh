# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# The pipeline most workflows begin with; samtools sorts in threads and with spill files.
# @packages bwa samtools

version() { { bwa 2>&1 || :; } | awk '/^Version/ { print $2 }'; }

prepare() {
    generate genome --length 400000 > reference.fa
    generate variant --file reference.fa > individual.fa
    generate reads --file individual.fa --length 120 --count 60000 --prefix reads
    rm individual.fa
}

work() {
    bwa index reference.fa 2> /dev/null
    bwa mem -t 2 -K 500000 -R '@RG\tID:1\tSM:individual' reference.fa reads_1.fq reads_2.fq 2> /dev/null |
        samtools sort -@ 1 -m 6M -T spill -o sorted.bam - 2> /dev/null
    samtools index -@ 1 sorted.bam
    samtools flagstat sorted.bam
    samtools view -@ 1 -T reference.fa -C -o sorted.cram sorted.bam
    samtools depth sorted.cram | sha256sum
}

# The header of a CRAM names the reference with its whole path.
normalise() {
    samtools view -h -T reference.fa sorted.cram | sed -E 's/\tUR:[^\t]*//' > sorted.sam
    scratch sorted.cram
}
