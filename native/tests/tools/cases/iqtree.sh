# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# OpenMP, and checkpoint files of its own that it replaces all the time.
# @packages iqtree

version() { iqtree2 --version | awk 'NR == 1 { print $4 }'; }

prepare() { generate family --length 400 --count 12 --rate 0.06 > family.fa; }

work() { iqtree2 -s family.fa --seed 1 -T 2 -m GTR+G -B 1000 --quiet --prefix tree; }

# Times and the date in the report; times in its checkpoint and its log.
normalise() {
    sed -i -E '/(Date and time|CPU time|[Ww]all-clock|Total time)/d; /^(Host|Command)/d' tree.iqtree
    scratch tree.ckp.gz tree.log tree.model.gz
}
