# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Compressors with threads of their own, one feeding the next.
# @packages pigz xz-utils zstd
# @light

version() { pigz --version 2>&1 | awk '{ print $NF }'; }

prepare() { generate table --count 150000 > table.tsv; }

work() {
    pigz -n -p 2 -11 -b 128 < <(head -c 300000 table.tsv) > head.gz
    pigz -n -p 2 -c table.tsv | tee table.gz | pigz -dc | zstd -q -T2 -9 | tee table.zst | zstd -q -dc |
        xz -T2 -3 --block-size=2MiB > table.xz
    xz -dc table.xz | cmp - table.tsv
}
