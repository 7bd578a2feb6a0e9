# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# tar and zip of many files, hard links and symbolic links among them, and what comes out again.
# @packages tar zip unzip
# @light

version() { tar --version | awk 'NR == 1 { print $NF }'; }

prepare() {
    generate table --count 60000 > table.tsv
    mkdir tree
    split -l 150 -a 3 -d table.tsv tree/part.
    for i in {0..9}; do
        mkdir "tree/$i"
        mv tree/part.??"$i" "tree/$i"
        ln "tree/$i/part.00$i" "tree/$i/same"
        ln -s "part.00$i" "tree/$i/link"
    done
    rm table.tsv
}

work() {
    find tree -exec touch -h -d '2020-02-02 02:02:02 UTC' {} +
    for i in 1 2 3; do
        tar --sort=name --owner=0 --group=0 --numeric-owner -cf "all.$i.tar" tree
        cmp all.1.tar "all.$i.tar"
        TZ=UTC zip -q -X -9 -r -y "all.$i.zip" tree
        mkdir out
        tar -C out -xf "all.$i.tar"
        diff -r --no-dereference tree out/tree
        rm -r out
        mkdir out
        (cd out && unzip -q "../all.$i.zip")
        diff -r --no-dereference tree out/tree
        rm -r out
    done
}
