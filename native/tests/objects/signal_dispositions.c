/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Handlers, flags, masks of handlers, ignored and default signals; a child inherits and differs. */
#include "testlib.h"

static volatile sig_atomic_t got_info;

static void with_info(int signo, siginfo_t *info, void *context)
{
    (void)context;
    got_info = info->si_pid == getpid() ? signo : -1;
}

static void plain(int signo)
{
    (void)signo;
}

static void install(int signo, void (*handler)(int), int flags, int masked)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};

    if (flags & SA_SIGINFO)
        sa.sa_sigaction = with_info;
    sigemptyset(&sa.sa_mask);
    if (masked != 0)
        sigaddset(&sa.sa_mask, masked);
    MUST(sigaction(signo, &sa, NULL));
}

static void expect(int signo, void (*handler)(int), int flags, int masked)
{
    const int known = SA_RESTART | SA_NODEFER | SA_SIGINFO | SA_ONSTACK | SA_NOCLDSTOP;
    struct sigaction sa;

    MUST(sigaction(signo, NULL, &sa));
    CHECK(sa.sa_handler == handler, "handler of signal %d", signo);
    CHECK((sa.sa_flags & known) == flags, "flags of signal %d: 0x%x", signo, sa.sa_flags);
    for (int i = 1; i < 32; i++)
        CHECK(sigismember(&sa.sa_mask, i) == (i == masked), "mask of signal %d has %d", signo, i);
}

int main(void)
{
    install(SIGHUP, SIG_IGN, 0, 0);
    install(SIGTERM, plain, SA_RESTART, SIGINT);
    install(SIGUSR1, SIG_DFL, SA_SIGINFO | SA_NODEFER, SIGALRM);
    install(SIGCHLD, plain, SA_NOCLDSTOP | SA_RESTART, 0);
    pid_t pid = MUST(fork());
    if (pid == 0) {
        install(SIGHUP, SIG_DFL, 0, 0);
        install(SIGQUIT, SIG_IGN, 0, 0);
        touch("child_is_ready");
        wait_go();
        expect(SIGHUP, SIG_DFL, 0, 0);
        expect(SIGQUIT, SIG_IGN, 0, 0);
        expect(SIGTERM, plain, SA_RESTART, SIGINT);
        _exit(0);
    }
    wait_for("child_is_ready", false);
    ready();
    wait_go_with_signals();
    expect_exit(pid, 0);
    if (sabotaged())
        install(SIGTERM, plain, SA_RESTART, SIGHUP);
    expect(SIGHUP, SIG_IGN, 0, 0);
    expect(SIGQUIT, SIG_DFL, 0, 0);
    expect(SIGTERM, plain, SA_RESTART, SIGINT);
    expect(SIGUSR1, (void (*)(int))(uintptr_t)with_info, SA_SIGINFO | SA_NODEFER, SIGALRM);
    expect(SIGCHLD, plain, SA_NOCLDSTOP | SA_RESTART, 0);
    raise(SIGUSR1);
    CHECK(got_info == SIGUSR1, "the handler was not called, or with a wrong pid");
    raise(SIGHUP);
    pass();
}
