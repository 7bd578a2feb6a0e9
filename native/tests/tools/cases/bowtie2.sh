# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# An index in memory that two threads share, below a wrapper in Perl.
# @packages bowtie2 samtools

version() { bowtie2 --version | awk 'NR == 1 { print $NF }'; }

prepare() {
    generate genome --seed 2 --length 300000 > reference.fa
    generate reads --file reference.fa --seed 2 --length 100 --rate 0.02 --count 40000 --prefix reads
}

work() {
    bowtie2-build --quiet --threads 2 --seed 1 reference.fa index > /dev/null
    bowtie2 -p 2 --reorder --seed 1 --sensitive -x index -1 reads_1.fq -2 reads_2.fq -S aligned.sam
    samtools fixmate -m aligned.sam - | samtools sort -@ 1 -T spill -o sorted.bam - 2> /dev/null
    samtools markdup -s sorted.bam marked.bam
}

# The line @PG names the path of the program that ran, which a temporary name of the wrapper is part of.
normalise() { scratch sorted.bam; }
