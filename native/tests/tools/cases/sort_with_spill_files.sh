# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Sorts ten times what it may hold in memory: spill files, threads that sort, a child that compresses each spill file.
# @packages coreutils gzip
# @light

version() { sort --version | awk 'NR == 1 { print $NF }'; }

prepare() { generate table --count 200000 > table.tsv; }

work() {
    for column in 2 3 4 1; do
        sort -S 3M --parallel 2 --compress-program gzip -t "$(printf '\t')" -k "$column,$column" table.tsv -o "by_$column.tsv"
    done
    cut -f 4 table.tsv | sort -S 1M | uniq -c | sort -k 1,1nr -k 2 > words.txt
}
