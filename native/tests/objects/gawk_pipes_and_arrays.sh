#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# gawk at work: arrays, a coprocess, sort through a pipe, getline from commands.
# @needs /usr/bin/gawk
# @timeout 60
exec /usr/bin/gawk 'BEGIN {
    tr = "tr a-z A-Z; exit 3"
    sorter = "sort -n >sorted"
    sub("tr", "stdbuf -oL tr", tr)
    printf "" >"ready"; close("ready")
    while ((getline line <"go") < 0) {
        n++
        seen["key " n % 97] += n
        print "value" |& tr
        tr |& getline up
        if (up != "VALUE") { print "fail: coprocess said " up; exit 1 }
        if (n % 16 == 1) { "echo " n | getline echoed; close("echo " n) }
        print 1000000 - n | sorter
    }
    close(tr, "to"); close(sorter)
    for (k in seen) total += seen[k]
    previous = -1
    while ((getline line <"sorted") > 0) { lines++; if (line + 0 <= previous) bad = 1; previous = line + 0 }
    if (ENVIRON["CKPT_TEST_SABOTAGE"] != "") total++
    if (total == n * (n + 1) / 2 && lines == n && !bad && echoed > 0) { print "pass"; exit 0 }
    print "fail: " total " " n " " lines " " bad
    exit 1
}'
