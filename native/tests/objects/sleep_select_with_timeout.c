/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* select and pselect time out in time and never see EINTR. */
#include "sleeping.h"
#include <pthread.h>
#include <sys/select.h>

static int quiet[2];

static void *with_pselect(void *arg)
{
    fd_set set;
    double started = now();

    (void)arg;
    FD_ZERO(&set);
    FD_SET(quiet[0], &set);
    int n = pselect(quiet[0] + 1, &set, NULL, NULL, &nap, NULL);
    CHECK(n == 0, "pselect = %d: %s", n, strerror(errno));
    check_nap(started);
    return NULL;
}

int main(void)
{
    struct timeval tv = {.tv_sec = 1, .tv_usec = 500000};
    pthread_t id;
    fd_set set;

    MUST(pipe(quiet));
    pid_t pid = start_watcher(NULL, NULL);
    pthread_create(&id, NULL, with_pselect, NULL);
    FD_ZERO(&set);
    FD_SET(quiet[0], &set);
    double started = now();
    int n = select(quiet[0] + 1, &set, NULL, NULL, &tv);
    CHECK(n == 0, "select = %d: %s", n, strerror(errno));
    check_nap(started);
    pthread_join(id, NULL);
    expect_exit(pid, 0);
    pass();
}
