# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Sorts thirty times what it may hold in memory: files by the dozen that come, are merged and go.
# @packages samtools mawk
# @light

version() { samtools --version | awk 'NR == 1 { print $2 }'; }

prepare() {
    generate genome --length 50000 > reference.fa
    generate reads --file reference.fa --length 120 --count 100000 --prefix reads
    rm reference.fa
    paste - - - - < reads_1.fq | mawk -v OFS='\t' '
        BEGIN { print "@SQ", "SN:chr1", "LN:1000000" }
        { at = (at + 7919 * 104729) % 999000; print "read" NR, 0, "chr1", at + 1, 60, "120M", "*", 0, 0, $(NF - 2), $NF }' > reads.sam
    rm reads_1.fq reads_2.fq
}

work() {
    samtools sort -@ 1 -m 1M -T spill -o by_place.bam reads.sam 2> /dev/null
    samtools sort -n -m 1M -T spill -O sam -o by_name.sam by_place.bam 2> /dev/null
    samtools sort -@ 1 -m 1M -T spill -o again.bam by_name.sam 2> /dev/null
    samtools view again.bam | sha256sum
}
