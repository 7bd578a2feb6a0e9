#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# R at work: forked workers of mclapply, a socket cluster of other R processes, random numbers, BLAS.
# @needs /usr/bin/Rscript
# @timeout 120
exec /usr/bin/Rscript --vanilla -e '
library(parallel)
go <- function() file.exists("go")
until_go <- function(n) { while (!file.exists("go")) Sys.sleep(0.01); n * n }
set.seed(42)
m <- matrix(rnorm(10000), 100)
before <- sum(solve(m) %*% m)
jobs <- lapply(1:3, function(i) mcparallel(until_go(i)))
cluster <- makePSOCKcluster(2)
clusterSetRNGStream(cluster, 7)
first <- unlist(clusterApply(cluster, 1:4, function(i) i + sum(runif(3)) * 0))
invisible(file.create("ready"))
rounds <- 0
while (!go() || rounds == 0) {
    x <- sapply(split(seq_len(2000), rep(1:20, 100)), sum)
    stopifnot(sum(x) == 2001000)
    rounds <- rounds + 1
    Sys.sleep(0.002)
}
sabotaged <- Sys.getenv("CKPT_TEST_SABOTAGE") != ""
forked <- unlist(mccollect(jobs))
late <- unlist(mclapply(1:6, function(i) i * 2, mc.cores = 2))
second <- unlist(clusterApply(cluster, 1:4, function(i) i * 10))
stopCluster(cluster)
ok <- all(forked == c(1, 4, 9)) && all(late == 2 * (1:6)) && all(first == 1:4) &&
    all(second == 10 * (1:4)) && abs(before - (100 + sabotaged)) < 1e-6 && rounds > 0
cat(if (ok) "pass\n" else paste("fail:", before, toString(forked), toString(late), toString(first), toString(second), "\n"))
quit(status = if (ok) 0 else 1)
'
