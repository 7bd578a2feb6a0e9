#!/usr/bin/env Rscript
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors

# R: a Metropolis chain over the slopes of a regression. chain.R [ITERATIONS]
# The state is R's generator, the made-up data, the current point and every sample so far.
arguments <- commandArgs(trailingOnly = TRUE)
iterations <- if (length(arguments) > 0) as.integer(arguments[1]) else 200L
proposals <- 1700L

set.seed(20260901)
observations <- 4000L
x <- cbind(1, matrix(rnorm(observations * 3), ncol = 3))
y <- drop(x %*% c(0.5, -1, 2, 0.25)) + rnorm(observations)
posterior <- function(beta) -sum((y - drop(x %*% beta))^2) / 2

beta <- rep(0, 4)
height <- posterior(beta)
samples <- list()
for (i in seq_len(iterations)) {
    block <- matrix(0, nrow = proposals, ncol = 4)
    for (j in seq_len(proposals)) {
        candidate <- beta + rnorm(4, sd = 0.02)
        candidate_height <- posterior(candidate)
        if (log(runif(1)) < candidate_height - height) {
            beta <- candidate
            height <- candidate_height
        }
        block[j, ] <- beta
    }
    samples[[i]] <- colMeans(block)
    if (i %% 10 == 0) {
        cat("R", i, sprintf("%.15g", beta), "\n")
        flush(stdout())
    }
}
cat("R result", sprintf("%.15g", colMeans(do.call(rbind, samples))), sprintf("%.15g", height), "\n")
