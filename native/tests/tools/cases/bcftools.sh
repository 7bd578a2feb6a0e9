# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Calls variants from a pipeline of its own commands, with threads that compress.
# @packages bwa samtools bcftools

version() { bcftools --version | awk 'NR == 1 { print $2 }'; }

prepare() {
    generate genome --seed 3 --length 500000 > reference.fa
    generate variant --file reference.fa --seed 3 --rate 0.005 > individual.fa
    generate reads --file individual.fa --seed 3 --length 120 --count 80000 --prefix reads
    bwa index reference.fa 2> /dev/null
    bwa mem -t 2 reference.fa reads_1.fq reads_2.fq 2> /dev/null | samtools sort -o sorted.bam - 2> /dev/null
    samtools index sorted.bam
    samtools faidx reference.fa
    rm reads_?.fq individual.fa reference.fa.*[!i]
}

work() {
    bcftools mpileup --threads 1 -f reference.fa -a AD,DP sorted.bam -Ou 2> /dev/null |
        bcftools call --threads 1 -mv --ploidy 1 -Ob -o called.bcf
    bcftools index called.bcf
    bcftools norm -f reference.fa called.bcf -Ou 2> /dev/null | bcftools filter -e 'QUAL < 20' -Oz -o filtered.vcf.gz
    bcftools index -t filtered.vcf.gz
    bcftools stats filtered.vcf.gz > stats.txt
    bcftools consensus -f reference.fa filtered.vcf.gz > consensus.fa
}

# The header of a BCF or VCF says when each command ran.
normalise() {
    bcftools view --no-version called.bcf | sed 's/; Date=.*//' > called.txt
    bcftools view --no-version filtered.vcf.gz | sed 's/; Date=.*//' > filtered.txt
    scratch called.bcf called.bcf.csi filtered.vcf.gz filtered.vcf.gz.tbi
}
