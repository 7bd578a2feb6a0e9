# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Worker threads fed through queues.
# @packages hmmer

version() { hmmsearch -h | awk 'NR == 2 { print $3 }'; }

prepare() {
    generate family --protein --length 300 --count 40 --rate 0.2 > family.fa
    { generate family --protein --length 300 --count 300 --rate 0.25 --name near
      generate family --seed 2 --protein --length 350 --count 4000 --rate 0.9 --name far; } > database.fa
}

work() {
    head -n 6 family.fa > query.fa
    jackhmmer --cpu 2 -N 3 -A members.sto --tblout jackhmmer.txt query.fa database.fa > jackhmmer.out
    hmmbuild --cpu 1 members.hmm members.sto > hmmbuild.out
    hmmsearch --cpu 2 --max --tblout hmmsearch.txt members.hmm database.fa > hmmsearch.out
    hmmpress members.hmm > hmmpress.out
    hmmscan --cpu 2 --domtblout hmmscan.txt members.hmm family.fa > hmmscan.out
}

# Times and dates.
normalise() {
    sed -i -E '/^# (CPU time|Elapsed|Date|Current dir|Mc\/sec)/d; /^# CPU/d; /^# Mc/d; /^DATE/d' -- *.out *.txt *.hmm
    scratch members.hmm.h3?
}
