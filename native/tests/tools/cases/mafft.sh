# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# A shell script with many short programs and files in a temporary directory, and threads that align.
# @packages mafft

version() { mafft --version 2>&1 | awk '{ print $1 }'; }

prepare() { generate family --protein --length 250 --count 100 --rate 0.12 --indels 0.01 > family.fa; }

work() {
    mafft --quiet --thread 2 --threadit 0 --maxiterate 4 --localpair family.fa > accurate.fa
    mafft --quiet --thread 1 --retree 2 family.fa > fast.fa
}
