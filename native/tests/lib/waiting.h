/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef WAITING_H
#define WAITING_H

/* For tests of system calls that block without a limit, each in a process of its own: none comes back before what it waits
 * for happens, none sees EINTR or a part of it. */
#include "testlib.h"
#include <sys/socket.h>

#define CALLS_MAX 64
#define SOCKETS   true
#define FOREVER   -1

struct call {
    const char *name;
    void (*wait)(void); /* in the child */
    void (*wake)(void); /* in the parent */
    bool with_sockets;
};

/* Of the present call. */
static int in, out; /* its pipe or sockets: the child's end, the parent's */
static size_t number;
static pid_t present; /* who makes it */

#define WANT(call, value)                                                                          \
    do {                                                                                           \
        long got_ = (long)(call);                                                                  \
        CHECK(got_ == (value), "%s gave %ld: %s", #call, got_, strerror(errno));                   \
    } while (0)

static inline pid_t call_start(const struct call *call)
{
    int ends[2];

    if (call->with_sockets)
        MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    else
        MUST(pipe(ends));
    in = ends[0];
    out = ends[1];
    pid_t pid = MUST(fork());
    if (pid != 0)
        return pid;
    alarm(300); /* nobody is left behind when the test fails */
    call->wait();
    CHECK(exists("go"), "%s came back before anything happened", call->name);
    _exit(0);
}

static inline void calls_run(const struct call *calls, size_t count)
{
    struct started {
        pid_t pid;
        int in, out;
    } started[CALLS_MAX];

    for (number = 0; number < count; number++) {
        pid_t pid = call_start(&calls[number]);
        started[number] = (struct started){pid, in, out};
    }
    for (size_t i = 0; i < count; i++)
        wait_asleep(started[i].pid, started[i].pid);
    ready();
    wait_go();
    for (number = 0; number < count; number++) {
        in = started[number].in;
        out = started[number].out;
        present = started[number].pid;
        if (sabotaged() && number == 0)
            MUST(kill(present, SIGTERM));
        calls[number].wake();
        int status = status_of(present);
        CHECK(status == 0, "%s ended with status 0x%x", calls[number].name, status);
    }
}

#endif
