/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Proves that two sets of System V semaphores keep id, key, permissions and values, and that a process that waits for one
 * goes on waiting until it is given. */
#include "sysv.h"

union semun {
    int value;
    struct semid_ds *status;
    unsigned short *values;
};

static void operate(int id, unsigned short which, short by)
{
    struct sembuf operation = {.sem_num = which, .sem_op = by};

    MUST(semop(id, &operation, 1));
}

int main(void)
{
    unsigned short values[3] = {7, 0, 32767}, got[3] = {0};
    struct semid_ds status;
    key_t key = (key_t)(0x5e000000 + getpid());
    int other = sysv_owned(SYSV_SEMAPHORES, semget(IPC_PRIVATE, 1, 0600));
    int id = sysv_owned(SYSV_SEMAPHORES, semget(key, 3, IPC_CREAT | IPC_EXCL | 0640));

    MUST(semctl(other, 0, SETVAL, (union semun){.value = 11}));
    MUST(semctl(id, 0, SETALL, (union semun){.values = values}));
    pid_t child = MUST(fork());
    if (child == 0) {
        operate(id, 1, -1);
        _exit(5);
    }
    wait_asleep(child, child);
    ready();
    wait_go();
    if (sabotaged())
        operate(id, 0, 1);
    CHECK(semget(key, 3, 0) == id, "the key leads to another set than %d", id);
    MUST(semctl(id, 0, IPC_STAT, (union semun){.status = &status}));
    CHECK(status.sem_perm.mode == 0640 && status.sem_nsems == 3 && status.sem_perm.uid == geteuid(),
          "mode %o, %lu semaphores", status.sem_perm.mode, status.sem_nsems);
    MUST(semctl(id, 0, GETALL, (union semun){.values = got}));
    CHECK(memcmp(got, values, sizeof(got)) == 0, "values %d %d %d", got[0], got[1], got[2]);
    CHECK(semctl(other, 0, GETVAL) == 11, "the other set has %d", semctl(other, 0, GETVAL));
    wait_asleep(child, child);
    operate(id, 1, 1);
    expect_exit(child, 5);
    MUST(semctl(id, 0, IPC_RMID));
    MUST(semctl(other, 0, IPC_RMID));
    pass();
}
