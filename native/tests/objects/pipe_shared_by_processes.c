/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* One pipe, three writers and two readers, all busy while checkpoints are taken: each record arrives once. */
#include "testlib.h"
#include <sys/mman.h>

#define WRITERS 3
#define READERS 2
#define MAX     200000

struct record {
    int writer;
    int number;
};

static unsigned char (*seen)[MAX]; /* shared by all */

static void writer(int fd, int me)
{
    struct record r = {.writer = me};

    for (; r.number < MAX && !exists("go"); r.number++) {
        CHECK(write(fd, &r, sizeof(r)) == (ssize_t)sizeof(r), "write: %s", strerror(errno));
        if (r.number % 64 == 0)
            moment(false);
    }
    int fd_count = MUST(open(me == 0 ? "w0" : me == 1 ? "w1" : "w2", O_WRONLY | O_CREAT, 0600));
    MUST(write(fd_count, &r.number, sizeof(r.number)));
    _exit(0);
}

static void reader(int fd)
{
    struct record r;
    ssize_t n;

    while ((n = read(fd, &r, sizeof(r))) == (ssize_t)sizeof(r))
        __atomic_add_fetch(&seen[r.writer][r.number], 1, __ATOMIC_RELAXED);
    CHECK(n == 0, "read gave %zd: %s", n, strerror(errno));
    _exit(0);
}

int main(void)
{
    int p[2], sent;
    pid_t pid[WRITERS + READERS];
    char name[3] = "w0";

    seen =
        MUST(mmap(NULL, WRITERS * MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    MUST(pipe(p));
    for (int i = 0; i < WRITERS + READERS; i++) {
        pid[i] = MUST(fork());
        if (pid[i] == 0) {
            close(p[i < WRITERS ? 0 : 1]);
            i < WRITERS ? writer(p[1], i) : reader(p[0]);
        }
    }
    close(p[0]);
    close(p[1]);
    ready();
    wait_go();
    for (int i = 0; i < WRITERS + READERS; i++)
        expect_exit(pid[i], 0);
    if (sabotaged())
        seen[1][0]++;
    for (int w = 0; w < WRITERS; w++, name[1]++) {
        int fd = MUST(open(name, O_RDONLY));

        CHECK(read(fd, &sent, sizeof(sent)) == (ssize_t)sizeof(sent), "count of writer %d", w);
        for (int i = 0; i < MAX; i++)
            CHECK(seen[w][i] == (i < sent), "record %d of %d came %d times", i, w, seen[w][i]);
    }
    pass();
}
