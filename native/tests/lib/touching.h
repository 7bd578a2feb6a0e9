/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef TOUCHING_H
#define TOUCHING_H

/* What a process gets for touching memory, for tests of its protection. */
#include <setjmp.h>
#include <signal.h>

static sigjmp_buf touching_back;

/* The handler of the signals that are expected; the program installs it. */
static inline void touching_failed(int signo)
{
    siglongjmp(touching_back, signo);
}

/* The signal that reading there brings about, or 0. */
static inline int touching(volatile char *p)
{
    int signo = sigsetjmp(touching_back, 1);

    if (signo == 0)
        (void)*p;
    return signo;
}

/* The same of writing what is there. */
static inline int writing(volatile char *p)
{
    int signo = sigsetjmp(touching_back, 1);

    if (signo == 0)
        *p = *p;
    return signo;
}

#endif
