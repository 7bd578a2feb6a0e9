/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_CALLS_H
#define CKPT_PRELOAD_CALLS_H

#include "preload/preload.h"

struct call;

/* A thread of the program asks the coordinator; NULL: there is nobody to ask. */
struct call *coordinator_ask(enum wire_call_kind kind, int64_t first, int64_t second);
/* Waits for the answer; in a restored process result is what calls_restored() says. False: there is none, or not by the
 * deadline (CLOCK_MONOTONIC in ns, 0: none). */
bool coordinator_answer(struct call *call, uint64_t deadline, struct wire_answer *ret);

/* The checkpoint thread's. */
void calls_send(int fd);
void calls_answer(const struct wire_answer *answer);
/* In a restored process, before anybody goes on. */
void calls_restored(void);
/* In the child of a fork, whose only thread has made none. */
void calls_forget(void);

/* program.c */
/* What the program has said with ckpt_hold() is told to the coordinator of a restored process. */
void program_hold_again(int fd);
void program_forked(void);
/* `ckpt checkpoint` inside of the tree: does not return if this process is to be that. */
void program_is_request(char *const *environment);

#endif
