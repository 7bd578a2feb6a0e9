/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A signal that arrives while the program stands still for a checkpoint still interrupts what it was doing. */
#include "testlib.h"
#include <sys/time.h>

static volatile sig_atomic_t waiting, alarms;

static void handler(int signo)
{
    (void)signo;
    alarms++;
    if (!waiting) { /* it came too early to interrupt anything: once more */
        struct itimerval again = {.it_value.tv_usec = 1000};

        setitimer(ITIMER_REAL, &again, NULL);
    }
}

/* One wait that an alarm after 3 ms has to end; true if nothing ended it but its own time limit. */
static bool missed(int fd)
{
    struct itimerval soon = {.it_value.tv_usec = 3000};
    struct timespec limit = {.tv_nsec = 400000000};
    double start = now();
    char c;
    int r;

    setitimer(ITIMER_REAL, &soon, NULL);
    waiting = 1;
    if (fd < 0)
        r = nanosleep(&limit, NULL);
    else
        r = (int)read(fd, &c, 1); /* a byte comes every 400 ms */
    waiting = 0;
    CHECK(r >= 0 || errno == EINTR, "ended with %s", strerror(errno));
    return r >= 0 && now() - start > 0.1; /* a byte may just have been there */
}

static void write_bytes(int fd)
{
    signal(SIGPIPE, SIG_DFL);
    for (;;) {
        usleep(400000);
        MUST(write(fd, "x", 1));
    }
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler}; /* without SA_RESTART */
    int p[2], sleeps = 0, reads = 0;

    MUST(pipe(p));
    pid_t pid = MUST(fork());
    if (pid == 0)
        write_bytes(p[1]);
    MUST(sigaction(SIGALRM, &sa, NULL));
    ready();
    for (int round = 0; round < 20 || !exists("go"); round++) {
        sleeps += missed(-1);
        reads += missed(p[0]);
    }
    if (sabotaged())
        sleeps += 2;
    MUST(kill(pid, SIGKILL));
    CHECK(sleeps < 2, "%d sleeps of %d alarms were not interrupted", sleeps, (int)alarms);
    CHECK(reads < 2, "%d reads of %d alarms were not interrupted", reads, (int)alarms);
    pass();
}
