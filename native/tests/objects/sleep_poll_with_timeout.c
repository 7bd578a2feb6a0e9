/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* poll and ppoll with nothing to report time out in time and never see EINTR. */
#include "sleeping.h"
#include <poll.h>
#include <pthread.h>

static int quiet[2];

static void *with_ppoll(void *arg)
{
    struct pollfd fd = {.fd = quiet[0], .events = POLLIN};
    double started = now();
    int n = ppoll(&fd, 1, &nap, NULL);

    (void)arg;
    CHECK(n == 0, "ppoll = %d: %s", n, strerror(errno));
    check_nap(started);
    return NULL;
}

int main(void)
{
    struct pollfd fd;
    pthread_t id;

    MUST(pipe(quiet));
    pid_t pid = start_watcher(NULL, NULL);
    pthread_create(&id, NULL, with_ppoll, NULL);
    fd = (struct pollfd){.fd = quiet[0], .events = POLLIN};
    double started = now();
    int n = poll(&fd, 1, (int)(NAP * 1000));
    CHECK(n == 0, "poll = %d: %s", n, strerror(errno));
    check_nap(started);
    pthread_join(id, NULL);
    expect_exit(pid, 0);
    pass();
}
