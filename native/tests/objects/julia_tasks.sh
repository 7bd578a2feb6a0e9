#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Julia at work: compiled code, tasks on two threads, its collector.
# @needs julia
# @timeout 120
export HOME=$PWD JULIA_NUM_THREADS=2
exec julia --startup-file=no -e '
function rounds()
    n = 0
    while n == 0 || !isfile("go")
        parts = [Threads.@spawn sum(k for k in i:4:100_000) for i in 1:4]
        sum(fetch.(parts)) == 5_000_050_000 || (println("fail: a sum"); exit(1))
        n += 1
        n == 1 && touch("ready")
        yield()
    end
    n
end
n = rounds()
haskey(ENV, "CKPT_TEST_SABOTAGE") && (println("fail: sabotaged"); exit(1))
println(n > 0 ? "pass" : "fail: no round")
'
