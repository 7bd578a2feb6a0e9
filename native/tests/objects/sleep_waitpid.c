/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* waitpid, waitid and wait4 wait for a child that ends after the restart; never EINTR. */
#include "sleeping.h"
#include <pthread.h>
#include <sys/resource.h>

static void *with_wait4(void *arg)
{
    struct rusage usage;
    int status;
    pid_t pid = *(pid_t *)arg, got = wait4(pid, &status, 0, &usage);

    CHECK(got == pid, "wait4 = %d: %s", (int)got, strerror(errno));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 11, "wait4 status 0x%x", status);
    return NULL;
}

int main(void)
{
    siginfo_t info;
    pthread_t id;
    pid_t watcher = start_watcher(NULL, NULL), other = MUST(fork());

    if (other == 0) {
        wait_go();
        _exit(sabotaged() ? 10 : 11);
    }
    pthread_create(&id, NULL, with_wait4, &other);
    int r = waitid(P_PID, (id_t)watcher, &info, WEXITED | WNOWAIT);
    CHECK(r == 0 && info.si_pid == watcher, "waitid = %d: %s", r, strerror(errno));
    expect_exit(watcher, 0);
    pthread_join(id, NULL);
    CHECK(exists("go"), "the children ended too early");
    pass();
}
