/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_TERMINAL_H
#define CKPT_SUPERVISOR_TERMINAL_H

/* A tree that is started by hand, in a terminal, gets one of its own, and we are what lies between the two: keys go in,
 * what is printed comes out (output.h), the size follows. Ours is in raw mode meanwhile. See docs/decisions. */

#include "supervisor/output.h"

#include <stdbool.h>
#include <termios.h>

struct terminal {
    struct output *output;
    int keyboard;          /* a descriptor for our own terminal, -1: we have none */
    int guard;             /* to the process that mends our terminal should we be killed, or -1 */
    struct termios before; /* how our terminal was */
    bool raw;              /* it is not like that now */
    struct watch input;    /* where the keys come from, fd -1: from nowhere */
    bool is_unpollable;    /* a file, say */
    char pending[4096];    /* keys that have no room yet */
    size_t pending_size;
};

/* Before anything is started: finds our terminal; never fails, since a task runs without one as well. */
void terminal_open(struct terminal *terminal);
/* Before anything else; without terminal_open() it stays that of a tree that has none of ours. */
void terminal_init(struct terminal *terminal, struct output *output);
/* The tree's own terminal, when one of our three streams is one: output->terminal. */
int terminal_make(struct terminal *terminal, struct ckpt_error *err);
/* In the child that will be the root, in a session of its own. 0 or -errno. */
int terminal_child_enter(const struct output *output);
/* The tree runs from now on. */
void terminal_start(struct terminal *terminal, struct coordinator *coordinator, bool restarted);
/* At every turn of the event loop. */
void terminal_refresh(struct terminal *terminal, struct coordinator *coordinator);
/* On SIGWINCH. */
void terminal_resized(struct terminal *terminal);
/* Makes our terminal what it was. */
void terminal_leave(struct terminal *terminal);

#endif
