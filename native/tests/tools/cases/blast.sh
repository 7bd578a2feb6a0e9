# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Databases that are mapped, searched by threads.
# @packages ncbi-blast+

version() { blastn -version | awk 'NR == 1 { print $2 }'; }

prepare() {
    { generate family --length 1500 --count 400 --rate 0.1 --indels 0.005 --name near
      generate family --seed 2 --length 1500 --count 1500 --rate 0.9 --name far; } > database.fa
    generate family --length 1500 --count 60 --rate 0.15 --indels 0.01 --name query > queries.fa
    generate family --seed 4 --protein --length 400 --count 1200 --rate 0.3 --name protein > proteins.fa
    head -n 400 proteins.fa > protein_queries.fa
}

work() {
    makeblastdb -in database.fa -dbtype nucl -out nucleotides -logfile /dev/null
    blastn -task blastn -num_threads 2 -db nucleotides -query queries.fa -evalue 1e-3 -outfmt 7 > blastn.txt
    makeblastdb -in proteins.fa -dbtype prot -out proteins -logfile /dev/null
    blastp -num_threads 2 -db proteins -query protein_queries.fa -evalue 1e-3 -outfmt 6 > blastp.txt
    tblastx -num_threads 2 -db nucleotides -query <(head -n 52 queries.fa) -evalue 1e-3 -outfmt 6 > tblastx.txt
}

# An index says when it was made, and LMDB, in *db, at which of its pages it is.
normalise() { scratch nucleotides.n* proteins.p*; }
