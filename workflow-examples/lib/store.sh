# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Reading stores (docs/image-format.md says what is in them) with nothing but sed and grep.

# json_values FILE KEY: every value of KEY in FILE, one per line; strings without their quotes.
json_values() {
    tr '\n' ' ' < "$1" | grep -oE "\"$2\" *: *(\"([^\"\\\\]|\\\\.)*\"|[-+.0-9eE]+|null|true|false)" \
        | sed -E 's/^"[^"]*" *: *//; s/^"(.*)"$/\1/; s,\\(.),\1,g'
}

# The part of STORE/status.json that lists the restarts.
store_restarts() {
    tr '\n' ' ' < "$1/status.json" | grep -oE '"restarts" *: *\[[^]]*\]'
}

# Prints the latest complete generation of STORE, 0 for none.
store_generation() {
    local manifest generation latest=0
    for manifest in "$1"/generations/[0-9]*/manifest.json; do
        [[ -e $manifest ]] || continue
        generation=${manifest%/manifest.json}
        generation=$((10#${generation##*/}))
        ((generation <= latest)) || latest=$generation
    done
    echo "$latest"
}
