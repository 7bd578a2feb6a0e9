/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* sigaction and its older kin tell a program what it has asked for, and do it: for a signal that the library stands in
 * front of as for any other. Prints `pass`. */
#include "testlib.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define HOLDS(condition) CHECK(condition, "line %d: %s", __LINE__, #condition)

static volatile sig_atomic_t seen, with_value;

static void plain(int signal)
{
    seen = signal;
}

static void full(int signal, siginfo_t *info, void *context)
{
    seen = context != NULL ? signal : 0;
    with_value = info->si_value.sival_int;
}

static void check_action(int signal)
{
    struct sigaction action = {.sa_sigaction = full, .sa_flags = SA_SIGINFO | SA_RESTART}, now;

    HOLDS(sigaction(signal, NULL, &now) == 0 && now.sa_handler == SIG_DFL && now.sa_flags == 0);
    sigaddset(&action.sa_mask, SIGWINCH);
    HOLDS(sigaction(signal, &action, &now) == 0 && now.sa_handler == SIG_DFL);
    HOLDS(sigaction(signal, NULL, &now) == 0 && now.sa_sigaction == full);
    HOLDS((now.sa_flags & ~0x04000000) == (SA_SIGINFO | SA_RESTART));
    HOLDS(sigismember(&now.sa_mask, SIGWINCH) == 1 && sigismember(&now.sa_mask, SIGHUP) == 0);
    HOLDS(sigqueue(getpid(), signal, (union sigval){.sival_int = 77}) == 0);
    HOLDS(seen == signal && with_value == 77);
}

static void check_once(int target)
{
    struct sigaction action = {.sa_handler = plain, .sa_flags = (int)SA_RESETHAND}, now;
    int status;

    sigaction(target, &action, NULL);
    seen = 0;
    raise(target);
    HOLDS(seen == target && sigaction(target, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    pid_t child = fork();
    if (child == 0) {
        raise(target);
        _exit(0);
    }
    HOLDS(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == target);
}

static void check_older(int target)
{
    struct sigaction now;

    HOLDS(signal(target, plain) == SIG_DFL && signal(target, SIG_IGN) == plain);
    HOLDS(raise(target) == 0 && signal(target, plain) == SIG_IGN);
    HOLDS(sigaction(target, NULL, &now) == 0 && (now.sa_flags & SA_RESTART) != 0);
    HOLDS(sigismember(&now.sa_mask, target) == 1);
    siginterrupt(target, 1);
    HOLDS(sigaction(target, NULL, &now) == 0 && (now.sa_flags & SA_RESTART) == 0);
    siginterrupt(target, 0);
    HOLDS(sigset(target, SIG_HOLD) == plain && sigset(target, SIG_DFL) == SIG_HOLD);
}

/* A call that waits ends for a handler without SA_RESTART, and begins again for one with. */
static void check_interruption(int target)
{
    struct sigaction action = {.sa_handler = plain};
    int ends[2], status;
    char byte;

    HOLDS(pipe(ends) == 0);
    sigaction(target, &action, NULL);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        seen = 0;
        while (getppid() == parent && kill(parent, target) == 0 && access("interrupted", F_OK) < 0)
            usleep(10000);
        action.sa_flags = SA_RESTART;
        kill(parent, target);
        usleep(50000);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    HOLDS(read(ends[0], &byte, 1) == -1 && errno == EINTR);
    action.sa_flags = SA_RESTART;
    sigaction(target, &action, NULL);
    fclose(fopen("interrupted", "w"));
    HOLDS(read(ends[0], &byte, 1) == 1 && waitpid(child, &status, 0) == child && status == 0);
    unlink("interrupted");
    signal(target, SIG_DFL);
}

/* Neither exec nor a child of vfork sees anything but what is the program's. */
static void check_exec(void)
{
    HOLDS(signal(SIGTERM, plain) == SIG_DFL);
    HOLDS(system("trap - TERM; kill -TERM $$") != 0);
    HOLDS(signal(SIGTERM, SIG_IGN) == plain);
    HOLDS(system("kill -TERM $$") == 0);
    pid_t child = vfork();
    if (child == 0) {
        signal(SIGTERM, SIG_DFL);
        execl("/bin/sh", "sh", "-c", "kill -TERM $$", (char *)NULL);
        _exit(1);
    }
    int status;
    HOLDS(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    HOLDS(signal(SIGTERM, SIG_DFL) == SIG_IGN);
}

int main(void)
{
    const int targets[] = {SIGTERM, SIGUSR2, SIGALRM};

    for (int i = 0; i < 3; i++) {
        check_action(targets[i]);
        signal(targets[i], SIG_DFL);
        check_once(targets[i]);
        check_older(targets[i]);
        check_interruption(targets[i]);
    }
    check_exec();
    puts("pass");
    return 0;
}
