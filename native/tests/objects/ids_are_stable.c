/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* getpid, getppid, gettid, group, session, user and group ids are what they were, in all ways to ask. */
#include "testlib.h"
#include <pthread.h>

static void *thread(void *arg)
{
    pid_t tid = my_tid();

    *(volatile pid_t *)arg = tid;
    wait_go();
    CHECK(my_tid() == tid, "tid %d became %d", (int)tid, (int)my_tid());
    CHECK(getpid() == (pid_t)syscall(SYS_getpid), "libc and kernel differ about the pid");
    return NULL;
}

int main(void)
{
    volatile pid_t tid = 0;
    pthread_t other;
    pid_t pid = getpid(), parent = getppid(), group = getpgrp(), session = getsid(0);
    uid_t uid = getuid(), euid = geteuid();
    gid_t gid = getgid();
    char self[64] = "";

    CHECK(pthread_create(&other, NULL, thread, (void *)&tid) == 0, "pthread_create");
    while (tid == 0)
        moment(false);
    ready();
    wait_go();
    pthread_join(other, NULL);
    if (sabotaged())
        pid++;
    CHECK(getpid() == pid && my_tid() == pid, "pid %d became %d", (int)pid, (int)getpid());
    CHECK(getppid() == parent, "parent %d became %d", (int)parent, (int)getppid());
    CHECK(getpgrp() == group && getsid(0) == session, "group or session changed");
    CHECK(getuid() == uid && geteuid() == euid && getgid() == gid, "user or group changed");
    MUST(readlink("/proc/self", self, sizeof(self) - 1));
    CHECK(atoi(self) == pid, "/proc/self is %s, not %d", self, (int)pid);
    CHECK(kill(pid, 0) == 0, "kill(%d, 0): %s", (int)pid, strerror(errno));
    pass();
}
