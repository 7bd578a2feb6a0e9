/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What SEM_UNDO gives back when a process ends: to a lock whose owner is killed, with somebody waiting for it, to one
 * whose owner lets go of it, and to a count that went up. */
#include "testlib.h"
#include <sys/sem.h>

enum { LOCK, COUNT, OTHER_LOCK, SEMAPHORES };

static int set;

static void operate(int number, int by, int flags)
{
    struct sembuf operation = {(unsigned short)number, (short)by, (short)flags};

    MUST(semop(set, &operation, 1));
}

static int value(int number)
{
    return MUST(semctl(set, number, GETVAL));
}

/* A process's end shows to its parent before its semaphores have got anything back. */
static void value_await(int number, int wanted, const char *what)
{
    double until = now() + 5;

    while (value(number) != wanted && now() < until)
        moment(false);
    CHECK(value(number) == wanted, "%s: the value is %d instead of %d", what, value(number),
          wanted);
}

int main(void)
{
    int held[2], go[2];
    char byte;

    set = MUST(semget(IPC_PRIVATE, SEMAPHORES, 0600));
    MUST(pipe(held));
    MUST(pipe(go));
    MUST(semctl(set, LOCK, SETVAL, 1));
    MUST(semctl(set, OTHER_LOCK, SETVAL, 1));
    pid_t owner = MUST(fork());
    if (owner == 0) {
        operate(LOCK, -1, SEM_UNDO);
        operate(COUNT, 3, SEM_UNDO);
        MUST(write(held[1], "x", 1));
        pause();
    }
    CHECK(read(held[0], &byte, 1) == 1, "the owner of the lock");
    pid_t waiter = MUST(fork());
    if (waiter == 0) {
        operate(LOCK, -1, SEM_UNDO);
        operate(LOCK, 1, SEM_UNDO);
        operate(LOCK, -1, SEM_UNDO);
        _exit(0);
    }
    pid_t other = MUST(fork());
    if (other == 0) {
        operate(OTHER_LOCK, -1, SEM_UNDO);
        MUST(write(held[1], "x", 1));
        CHECK(read(go[0], &byte, 1) == 1, "the pipe");
        operate(OTHER_LOCK, 1, SEM_UNDO);
        _exit(0);
    }
    CHECK(read(held[0], &byte, 1) == 1, "the owner of the other lock");
    wait_asleep(waiter, waiter);
    ready();
    wait_go();
    if (sabotaged())
        operate(OTHER_LOCK, 1, 0);
    CHECK(value(LOCK) == 0 && value(COUNT) == 3, "values %d and %d", value(LOCK), value(COUNT));
    MUST(kill(owner, SIGKILL));
    CHECK(WTERMSIG(status_of(owner)) == SIGKILL, "the owner");
    value_await(COUNT, 0, "the count");
    expect_exit(waiter, 0);
    value_await(LOCK, 1, "the lock");
    MUST(write(go[1], "x", 1));
    expect_exit(other, 0);
    value_await(OTHER_LOCK, 1, "the other lock");
    MUST(semctl(set, 0, IPC_RMID));
    pass();
}
