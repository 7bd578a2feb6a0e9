# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# What every bash program in tests/objects shares; the counterpart of testlib.h.
# shellcheck shell=bash

test_dir=$PWD

ready() {
    : >"$test_dir/ready"
}

# Returns once the runner lets the program finish.
wait_go() {
    until [ -e "$test_dir/go" ]; do
        sleep 0.02
    done
}

sabotaged() {
    [ -n "${CKPT_TEST_SABOTAGE-}" ]
}

pass() {
    echo pass
    exit 0
}

fail() {
    echo "fail: $*"
    exit 1
}

# same WHAT WANT GOT
same() {
    [ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
}
