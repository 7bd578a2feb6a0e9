/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* sem_wait on a semaphore in shared memory is woken by another process after the restart, not before. */
#include "sleeping.h"
#include <semaphore.h>
#include <sys/mman.h>

static void wake(void *arg)
{
    if (sabotaged())
        raise(SIGKILL);
    sem_post(arg);
}

int main(void)
{
    sem_t *sem =
        MUST(mmap(NULL, sizeof(*sem), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

    sem_init(sem, 1, 0);
    pid_t pid = start_watcher(wake, sem);
    if (sabotaged())
        expect_exit(pid, 0);
    CHECK(sem_wait(sem) == 0, "sem_wait: %s", strerror(errno));
    CHECK(exists("go"), "sem_wait came back before anybody posted");
    expect_exit(pid, 0);
    pass();
}
