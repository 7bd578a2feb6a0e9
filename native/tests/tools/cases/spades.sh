# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Python above a chain of programs with OpenMP, a directory full of intermediate files, files mapped into memory.
# @packages spades

version() { spades --version 2>&1 | awk '{ print $NF }' | tr -d v; }

prepare() {
    generate genome --seed 5 --length 12000 > genome.fa
    generate reads --file genome.fa --seed 5 --length 100 --count 3000 --prefix reads
}

work() { spades --phred-offset 33 -t 2 -m 4 -k 21,33 -1 reads_1.fq -2 reads_2.fq -o assembly > spades.out 2> spades.err; }

# The logs have times and memory in every line; what the result consists of stays.
normalise() {
    mkdir result
    mv assembly/contigs.fasta assembly/scaffolds.fasta assembly/assembly_graph_with_scaffolds.gfa result
    scratch assembly spades.out spades.err
}
