/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* SIGUSR2 does for a program all that any other signal does: queued data, masks, waits, restarts and interruptions. */
#include "testlib.h"
#include <poll.h>
#include <pthread.h>

static volatile sig_atomic_t got, depth, deepest, data;

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)context;
    CHECK(signo == SIGUSR2 && info->si_signo == SIGUSR2, "signal %d", signo);
    got++;
    data = info->si_code == SI_QUEUE ? info->si_value.sival_int : 0;
    if (++depth > deepest)
        deepest = depth;
    if (data == 77)
        MUST(sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 1}));
    depth--;
}

static void mask(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    CHECK(pthread_sigmask(how, &set, NULL) == 0, "pthread_sigmask");
}

static void install(int flags)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags}, old;

    MUST(sigaction(SIGUSR2, &sa, NULL));
    MUST(sigaction(SIGUSR2, NULL, &old));
    CHECK((old.sa_flags & ~0x04000000) == sa.sa_flags, "flags 0x%x", old.sa_flags);
    got = deepest = 0;
}

static void send_data(int value)
{
    MUST(sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = value}));
}

/* A child that sends one every 20 ms, until sender_end(). */
static pid_t sender_start(void)
{
    pid_t parent = getpid(), sender = MUST(fork());

    while (sender == 0) {
        usleep(20000);
        if (kill(parent, SIGUSR2) < 0)
            _exit(1);
    }
    return sender;
}

static void sender_end(pid_t sender)
{
    int status;

    MUST(kill(sender, SIGKILL));
    while (waitpid(sender, &status, 0) < 0 && errno == EINTR)
        ;
}

static void reap(void)
{
    int status;

    while (wait(&status) > 0 || errno == EINTR)
        ;
}

static void kept_and_delivered(void)
{
    sigset_t pending;

    install(0);
    mask(SIG_BLOCK);
    if (sabotaged())
        signal(SIGUSR2, SIG_IGN);
    send_data(42);
    send_data(43);
    sigpending(&pending);
    CHECK(got == 0 && sigismember(&pending, SIGUSR2) == 1, "not pending");
    mask(SIG_UNBLOCK);
    CHECK(got == 1 && data == 42, "got %d, data %d", (int)got, (int)data);
}

static void nested(void)
{
    install(0);
    send_data(77);
    CHECK(got == 2 && deepest == 1, "got %d, depth %d", (int)got, (int)deepest);
    install(SA_NODEFER);
    send_data(77);
    CHECK(got == 2 && deepest == 2, "with SA_NODEFER: got %d, depth %d", (int)got, (int)deepest);
}

static void reset(void)
{
    struct sigaction sa;

    install((int)SA_RESETHAND);
    raise(SIGUSR2);
    MUST(sigaction(SIGUSR2, NULL, &sa));
    CHECK(got == 1 && sa.sa_handler == SIG_DFL, "not reset");
}

/* Whether a sleep of so many milliseconds ends early. */
static bool sleep_is_cut(int milliseconds)
{
    struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    pid_t sender = sender_start();
    bool cut = nanosleep(&t, NULL) == -1 && errno == EINTR;
    sender_end(sender);
    return cut;
}

static void interrupts_only_when_handled(void)
{
    install(SA_RESTART);
    CHECK(sleep_is_cut(20000), "a handled signal did not end a sleep");
    mask(SIG_BLOCK);
    CHECK(!sleep_is_cut(100), "a blocked signal ended a sleep");
    mask(SIG_UNBLOCK);
    signal(SIGUSR2, SIG_IGN);
    CHECK(!sleep_is_cut(100), "an ignored signal ended a sleep");
}

static void restart_flag(void)
{
    int p[2];
    char c;

    MUST(pipe(p));
    install(0);
    pid_t sender = sender_start();
    CHECK(read(p[0], &c, 1) == -1 && errno == EINTR, "read did not end");
    sender_end(sender);
    install(SA_RESTART);
    if (MUST(fork()) == 0) {
        usleep(50000);
        kill(getppid(), SIGUSR2);
        usleep(50000);
        _exit(write(p[1], "x", 1) != 1);
    }
    CHECK(read(p[0], &c, 1) == 1, "read: %s", strerror(errno));
    reap();
    CHECK(got == 1, "got %d", (int)got);
}

static void *waiter(void *arg)
{
    sigset_t set;
    siginfo_t info;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    CHECK(sigwaitinfo(&set, &info) == SIGUSR2, "sigwaitinfo: %s", strerror(errno));
    CHECK(info.si_value.sival_int == 55, "data %d", info.si_value.sival_int);
    return arg;
}

static void *inherits(void *arg)
{
    sigset_t set;

    pthread_sigmask(SIG_SETMASK, NULL, &set);
    CHECK(sigismember(&set, SIGUSR2) == 1, "a thread does not inherit the mask");
    return arg;
}

static void waits(void)
{
    struct timespec t = {.tv_nsec = 20000000};
    sigset_t set, none;
    pthread_t id;

    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    install(0);
    mask(SIG_BLOCK);
    CHECK(sigtimedwait(&set, NULL, &t) == -1 && errno == EAGAIN, "sigtimedwait: %s",
          strerror(errno));
    pthread_create(&id, NULL, inherits, NULL);
    pthread_join(id, NULL);
    pthread_create(&id, NULL, waiter, NULL);
    usleep(50000);
    send_data(55);
    pthread_join(id, NULL);
    CHECK(got == 0, "the handler ran");
    raise(SIGUSR2);
    CHECK(ppoll(NULL, 0, NULL, &none) == -1 && errno == EINTR && got == 1, "ppoll: got %d",
          (int)got);
    raise(SIGUSR2);
    CHECK(pselect(0, NULL, NULL, NULL, &t, &set) == 0 && got == 1, "pselect: got %d", (int)got);
    CHECK(sigsuspend(&none) == -1 && got == 2, "sigsuspend: got %d", (int)got);
    mask(SIG_UNBLOCK);
}

int main(void)
{
    ready();
    for (int i = 0; i < 3 || !exists("go"); i++) {
        kept_and_delivered();
        nested();
        reset();
        interrupts_only_when_handled();
        restart_flag();
        waits();
    }
    pass();
}
