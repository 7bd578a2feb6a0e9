/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Children made with clone(2) and _Fork(3): what their parents get when they end is what was asked for, also after a
 * restart, and one whose parent is its maker's. */
#include "testlib.h"
#include <sched.h>

static volatile int users;

static void on_user(int number)
{
    (void)number;
    users++;
}

static int child(void *arg)
{
    wait_go_with_signals();
    return (int)(intptr_t)arg;
}

static int at_once(void *arg)
{
    return (int)(intptr_t)arg;
}

static pid_t start(int (*function)(void *), int flags, int code)
{
    static char stacks[8][65536] __attribute__((aligned(16)));
    static int used;

    return MUST(clone(function, stacks[++used], flags, (void *)(intptr_t)code));
}

static int sibling_maker(void *arg)
{
    return start(child, CLONE_PARENT | SIGCHLD, (int)(intptr_t)arg) > 0 ? 4 : 5;
}

static void expect(pid_t pid, int options, int want)
{
    int status;

    CHECK(waitpid(pid, &status, options) == pid, "wait for %d: %s", (int)pid, strerror(errno));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == want, "child %d: status 0x%x, not %d",
          (int)pid, status, want);
}

static pid_t sibling(void)
{
    char path[64], text[256] = "";

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    int fd = MUST(open(path, O_RDONLY | O_CLOEXEC));
    MUST(read(fd, text, sizeof(text) - 1));
    close(fd);
    return atoi(text); /* there is no other child */
}

int main(void)
{
    siginfo_t info;

    signal(SIGUSR1, on_user);
    expect(start(sibling_maker, SIGCHLD, 30), 0, 4);
    pid_t adopted = sibling();
    pid_t plain = start(child, SIGCHLD, 31), quiet = start(child, 0, 32);
    pid_t user = start(child, SIGUSR1, 33), dead = start(at_once, SIGUSR1, 34);
    while (users == 0)
        moment(true);
    MUST(waitid(P_PID, (id_t)dead, &info, WEXITED | WNOWAIT | __WALL));
    ready();
    wait_go_with_signals();
    CHECK(waitpid(quiet, NULL, WNOHANG) < 0 && errno == ECHILD, "the quiet child is a usual one");
    expect(plain, 0, 31);
    expect(quiet, __WCLONE, 32);
    expect(adopted, 0, sabotaged() ? 0 : 30);
    expect(dead, __WCLONE, 34);
    expect(user, __WALL, 33);
    while (users < 2)
        moment(true);
    CHECK(users == 2, "%d signals of two ends", users);
    pass();
}
