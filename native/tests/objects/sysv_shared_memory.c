/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Proves that System V shared memory keeps id, key and content, whether it is attached, only there, in parts, or removed
 * already, and that it stays shared between two processes, can be counted and detached. */
#include "sysv.h"

#include <sys/mman.h>

#define SIZE 40000

static char *attach(int id, int flags)
{
    char *memory = shmat(id, NULL, flags);

    CHECK((intptr_t)memory != -1, "shmat(%d): %s", id, strerror(errno));
    return memory;
}

static unsigned long attached(int id)
{
    struct shmid_ds status;

    MUST(shmctl(id, IPC_STAT, &status));
    CHECK(status.shm_segsz == SIZE, "segment %d has %zu bytes", id, status.shm_segsz);
    return status.shm_nattch;
}

static unsigned mode_of(int id)
{
    struct shmid_ds status;

    MUST(shmctl(id, IPC_STAT, &status));
    return status.shm_perm.mode;
}

/* A checkpoint under way attaches copies for a moment. */
static void attached_await(int id, unsigned long wanted)
{
    while (attached(id) != wanted)
        moment(false);
}

static void detach(char *memory)
{
    MUST(shmdt(memory));
}

int main(void)
{
    key_t key = (key_t)(0x73000000 + getpid());
    int id = sysv_owned(SYSV_SEGMENT, shmget(key, SIZE, IPC_CREAT | IPC_EXCL | 0600));
    int alone = sysv_owned(SYSV_SEGMENT, shmget(IPC_PRIVATE, SIZE, 0600));
    int removed = sysv_owned(SYSV_SEGMENT, shmget(IPC_PRIVATE, SIZE, 0600));
    char *memory = attach(id, 0), *reader = attach(id, SHM_RDONLY), *gone = attach(removed, 0);
    char *once = attach(alone, 0);

    fill(memory, SIZE, 1);
    fill(once, SIZE, 2);
    fill(gone, SIZE, 3);
    detach(once);
    MUST(shmctl(alone, SHM_LOCK, NULL));
    MUST(shmctl(removed, IPC_RMID, NULL));
    MUST(mprotect(reader + 4096, 4096, PROT_NONE));
    pid_t child = MUST(fork());
    if (child == 0) {
        wait_go();
        memory[SIZE - 1] = 42;
        detach(memory);
        pause();
    }
    ready();
    wait_go();
    if (sabotaged())
        memory[5]++;
    while (*(volatile char *)&memory[SIZE - 1] != 42)
        moment(false);
    attached_await(id, 4 + 3); /* ours: the whole and three parts; the child's: three parts */
    CHECK(shmget(key, SIZE, 0) == id, "the key leads to another segment than %d", id);
    CHECK(first_wrong(memory, SIZE - 1, 1) < 0, "what is attached has changed");
    CHECK(memcmp(memory, reader, 4096) == 0, "what is attached twice differs");
    CHECK(mprotect(reader, 4096, PROT_READ | PROT_WRITE) < 0,
          "what was attached to be read can be written");
    CHECK(first_wrong(gone, SIZE, 3) < 0, "what is removed has changed");
    attached_await(removed, 2);
    attached_await(alone, 0);
    CHECK((mode_of(alone) & SHM_LOCKED) != 0 && (mode_of(id) & SHM_LOCKED) == 0, "modes %o and %o",
          mode_of(alone), mode_of(id));
    once = attach(alone, 0);
    CHECK(first_wrong(once, SIZE, 2) < 0, "what was not attached has changed");
    MUST(kill(child, SIGKILL));
    status_of(child);
    detach(once);
    detach(reader);
    detach(gone);
    while (shmctl(removed, IPC_STAT, &(struct shmid_ds){0}) == 0)
        moment(false);
    attached_await(id, 1);
    detach(memory);
    MUST(shmctl(id, IPC_RMID, NULL));
    MUST(shmctl(alone, IPC_RMID, NULL));
    pass();
}
