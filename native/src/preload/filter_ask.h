/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_FILTER_ASK_H
#define CKPT_PRELOAD_FILTER_ASK_H

#include <linux/filter.h>

/* What a seccomp filter may answer to a system call, the worst last. */
enum filter_answer {
    FILTER_ALLOWS,
    FILTER_REFUSES,   /* with an error and nothing else */
    FILTER_IS_DEADLY, /* or a signal, or somebody else's decision, or more than is looked at */
};

/* A system call of which some arguments are known, by bit. */
struct filter_call {
    int number;
    unsigned known;
    unsigned long args[6];
};

/* Reentrant; takes 8 KiB of stack. */
enum filter_answer filter_ask(const struct sock_filter *code, unsigned count,
                              const struct filter_call *call);

#endif
