# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Spill files in the working directory, merged a few at a time, so that most are written, read and removed more than once.
# @packages coreutils
# @light

version() { sort --version | awk 'NR == 1 { print $NF }'; }

prepare() { generate table --count 400000 > table.tsv; }

work() {
    for column in 1 2 3; do
        LC_ALL=C sort -T . -S 1M --parallel 2 --batch-size 4 -t "$(printf '\t')" -k "$column,$column" table.tsv > "by_$column.tsv"
        LC_ALL=C sort -T . -S 1M --batch-size 3 -u -k "$column" table.tsv | sha256sum
    done
}
