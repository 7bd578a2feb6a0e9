/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Every flag of sigaction does after a restart what it did before, SIGUSR2 like any other signal. */
#include "testlib.h"
#include <sys/signalfd.h>

#ifndef SA_EXPOSE_TAGBITS
#define SA_EXPOSE_TAGBITS 0x800
#endif

static char stack[65536];
static volatile sig_atomic_t handled, again, depth, deepest, on_stack, children;

static void handler(int signo, siginfo_t *info, void *context)
{
    char here;

    (void)context;
    handled = info->si_signo == signo ? signo : -1;
    on_stack = &here >= stack && &here < stack + sizeof(stack);
    if (++depth > deepest)
        deepest = depth;
    if (again > 0) {
        again--;
        raise(signo);
    }
    depth--;
}

static void on_child(int signo)
{
    (void)signo;
    children++;
}

static void install(int signo, int flags)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

    MUST(sigaction(signo, &sa, NULL));
}

static void expect_flags(int signo, int flags)
{
    struct sigaction sa;

    MUST(sigaction(signo, NULL, &sa));
    CHECK((sa.sa_flags & ~0x04000000) == (flags | SA_SIGINFO), "signal %d has flags 0x%x", signo,
          sa.sa_flags);
}

static void expect_nesting(int signo, int want_deepest, bool want_stack)
{
    handled = depth = deepest = 0;
    again = 2;
    raise(signo);
    CHECK(handled == signo && deepest == want_deepest && on_stack == want_stack,
          "signal %d: %d deep, %s", signo, (int)deepest,
          on_stack ? "on the alternate stack" : "on the ordinary stack");
}

/* A child that stops, goes on and ends: with SA_NOCLDSTOP one signal, otherwise three. */
static void expect_children(void)
{
    siginfo_t info;
    pid_t pid = MUST(fork());

    if (pid == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    while (waitid(P_PID, (id_t)pid, &info, WSTOPPED) < 0)
        ;
    MUST(kill(pid, SIGCONT));
    while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0)
        ;
    CHECK(children == 1, "SIGCHLD came %d times", (int)children);
}

static void expect_no_zombies(void)
{
    struct sigaction sa = {.sa_handler = SIG_DFL};

    MUST(sigaction(SIGCHLD, NULL, &sa));
    CHECK((sa.sa_flags & (SA_NOCLDWAIT | SA_NOCLDSTOP)) == (SA_NOCLDWAIT | SA_NOCLDSTOP),
          "flags 0x%x", sa.sa_flags);
    pid_t pid = MUST(fork());
    if (pid == 0)
        _exit(0);
    int got;
    while ((got = waitpid(pid, NULL, 0)) == -1 && errno == EINTR)
        ;
    CHECK(got == -1 && errno == ECHILD, "waitpid gave %d", got);
}

static void no_zombies_process(void)
{
    struct sigaction sa = {.sa_handler = on_child, .sa_flags = SA_NOCLDWAIT | SA_NOCLDSTOP};

    MUST(sigaction(SIGCHLD, &sa, NULL));
    touch("child_is_ready");
    wait_go();
    expect_no_zombies();
    _exit(0);
}

static void expect_readable(int fd, int signo)
{
    struct signalfd_siginfo info;

    MUST(kill(getpid(), signo));
    CHECK(read(fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == (unsigned int)signo,
          "signalfd");
}

int main(void)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction child = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP | SA_RESTART};
    sigset_t set;

    pid_t pid = MUST(fork());
    if (pid == 0)
        no_zombies_process();
    wait_for("child_is_ready", false);
    MUST(sigaltstack(&alternate, NULL));
    install(SIGUSR2, SA_NODEFER | SA_ONSTACK | SA_RESTART);
    install(SIGUSR1, (int)SA_RESETHAND);
    install(SIGHUP, SA_ONSTACK | SA_EXPOSE_TAGBITS);
    MUST(sigaction(SIGCHLD, &child, NULL));
    sigemptyset(&set);
    sigaddset(&set, SIGRTMAX);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = MUST(signalfd(-1, &set, 0));
    ready();
    wait_go_with_signals();
    if (sabotaged())
        install(SIGUSR2, SA_ONSTACK | SA_RESTART);
    expect_exit(pid, 0);
    children = 0;
    expect_flags(SIGUSR2, SA_NODEFER | SA_ONSTACK | SA_RESTART);
    expect_flags(SIGHUP, SA_ONSTACK | SA_EXPOSE_TAGBITS);
    expect_nesting(SIGUSR2, 3, true);
    expect_nesting(SIGHUP, 1, true);
    expect_flags(SIGUSR1, (int)SA_RESETHAND);
    raise(SIGUSR1);
    struct sigaction sa;
    MUST(sigaction(SIGUSR1, NULL, &sa));
    CHECK(handled == SIGUSR1 && sa.sa_handler == SIG_DFL, "SA_RESETHAND did not reset");
    expect_children();
    expect_readable(fd, SIGRTMAX);
    pass();
}
