/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The main thread has ended with pthread_exit; the others run on with what is the process's: descriptors, children, a
 * pending signal. A child of the same kind ends with its last thread. */
#include "testlib.h"
#include <pthread.h>
#include <sys/socket.h>

static pthread_t main_thread;
static char own[16];

static char main_state(void)
{
    char buf[512], path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
    int fd = MUST(open(path, O_RDONLY | O_CLOEXEC));
    ssize_t n = MUST(read(fd, buf, sizeof(buf) - 1));
    close(fd);
    buf[n] = '\0';
    return strrchr(buf, ')')[2];
}

static void *helper(void *arg)
{
    while (!exists("go"))
        moment(false);
    return (char *)arg + 2;
}

static void *waits_go(void *arg)
{
    wait_go();
    return arg;
}

static void child_main(void)
{
    pthread_t id;

    CHECK(pthread_create(&id, NULL, waits_go, NULL) == 0, "pthread_create");
    pthread_exit(NULL);
}

static void look(const int *ends, pid_t child)
{
    struct timespec at_once = {0};
    siginfo_t info;
    sigset_t set;
    char byte = 0;

    CHECK(main_state() == 'Z', "the main thread is in state %c", main_state());
    CHECK(read(ends[0], &byte, 1) == 1 && byte == 'x', "what a socket holds");
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(sigtimedwait(&set, &info, &at_once) == SIGUSR1, "the pending signal was lost");
    CHECK(info.si_code == SI_USER && info.si_pid == getpid(), "si_code %d, si_pid %d", info.si_code,
          (int)info.si_pid);
    expect_exit(child, sabotaged() ? 8 : 0);
}

static void *last(void *arg)
{
    pthread_t id = *(pthread_t *)arg;
    void *got;
    int ends[2];

    CHECK(pthread_join(main_thread, &got) == 0, "join the main thread");
    CHECK(got == own, "the main thread's result");
    while (main_state() != 'Z')
        moment(false);
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    MUST(write(ends[1], "x", 1));
    pid_t child = MUST(fork());
    if (child == 0)
        child_main();
    MUST(kill(getpid(), SIGUSR1));
    ready();
    wait_go();
    look(ends, child);
    CHECK(pthread_join(id, &got) == 0 && got == own + 2, "join the helper");
    pass();
}

int main(void)
{
    static pthread_t id;
    pthread_t other;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    main_thread = pthread_self();
    CHECK(pthread_create(&id, NULL, helper, own) == 0, "pthread_create");
    CHECK(pthread_create(&other, NULL, last, &id) == 0, "pthread_create");
    pthread_exit(own);
}
