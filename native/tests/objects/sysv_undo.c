/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What SEM_UNDO gives back when a process ends: to a lock whose owner is killed, with somebody waiting for it, to one
 * whose owner lets go of it, and to a count that went up. */
#include "sysv.h"

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
static int value_await(int number, int wanted)
{
    double until = now() + 5;

    while (value(number) != wanted && now() < until)
        moment(false);
    return value(number);
}

int main(void)
{
    int held[2], go[2];
    char byte;

    set = sysv_owned(SYSV_SEMAPHORES, semget(IPC_PRIVATE, SEMAPHORES, 0600));
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
    int locked = value(LOCK), counted = value(COUNT);
    MUST(kill(owner, SIGKILL));
    CHECK(WTERMSIG(status_of(owner)) == SIGKILL, "the owner");
    int count = value_await(COUNT, 0);
    expect_exit(waiter, 0);
    int lock = value_await(LOCK, 1);
    MUST(write(go[1], "x", 1));
    expect_exit(other, 0);
    int other_lock = value_await(OTHER_LOCK, 1);
    MUST(semctl(set, 0, IPC_RMID));
    CHECK(locked == 0 && counted == 3, "values %d and %d", locked, counted);
    CHECK(count == 0 && lock == 1 && other_lock == 1, "count %d, lock %d, other lock %d", count,
          lock, other_lock);
    pass();
}
