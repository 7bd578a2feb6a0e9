# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Long reads on a genome in threads; then many small jobs side by side, with files in a temporary directory.
# @packages minimap2 samtools bedtools seqtk parallel datamash

version() { minimap2 --version; }

prepare() {
    generate genome --seed 6 --length 1500000 > reference.fa
    generate reads --file reference.fa --seed 6 --length 200 --rate 0.03 --count 20000 --prefix reads
    generate intervals --seed 6 --length 1500000 --count 20000 > features.bed
}

work() {
    minimap2 -t 2 -ax sr -o aligned.sam reference.fa reads_1.fq reads_2.fq 2> /dev/null
    samtools sort -@ 1 -T spill -o sorted.bam aligned.sam 2> /dev/null
    bedtools sort -i features.bed > sorted.bed
    bedtools merge -s -c 4,5 -o count,mean -i sorted.bed > merged.bed
    printf 'chr1\t1500000\n' > sizes
    for part in {1..24}; do
        echo "seqtk sample -s $part reads_1.fq 0.3 | seqtk seq -A -r - | sort | sha256sum"
        echo "bedtools shuffle -seed $part -i merged.bed -g sizes | bedtools coverage -a - -b sorted.bed | datamash mean 5"
    done | parallel -j 2 --keep-order --will-cite > sums
    bedtools bamtobed -i sorted.bam | bedtools intersect -c -a merged.bed -b - | datamash -s groupby 4 sum 6 mean 5 > counts
}
