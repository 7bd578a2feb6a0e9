/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Shared anonymous memory is still shared by all processes that had it, and holds its content. */
#include "testlib.h"
#include <sys/mman.h>

#define SIZE (1 << 20)
#define N    3

struct shared {
    int turn;
    char data[SIZE];
};

int main(void)
{
    struct shared *s =
        MUST(mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    char *other = MUST(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    pid_t pid[N];

    s->turn = -1;
    fill(s->data, SIZE, 4);
    for (int i = 0; i < N; i++) {
        pid[i] = MUST(fork());
        if (pid[i] != 0)
            continue;
        if (i == 1) /* half of it, read-only, is shared all the same */
            MUST(mprotect(s->data + 8192 - (uintptr_t)s->data % 4096, 4096, PROT_READ));
        wait_go();
        while (__atomic_load_n(&s->turn, __ATOMIC_SEQ_CST) != i)
            moment(false);
        CHECK(first_wrong(s->data, SIZE, 4 + (uint64_t)i) < 0 || i != 0, "content in child %d", i);
        other[i] = 'a' + (char)i;
        __atomic_store_n(&s->turn, i + 1, __ATOMIC_SEQ_CST);
        _exit(0);
    }
    ready();
    wait_go();
    if (sabotaged())
        s->data[4711] ^= 1;
    CHECK(first_wrong(s->data, SIZE, 4) < 0, "byte %ld", first_wrong(s->data, SIZE, 4));
    __atomic_store_n(&s->turn, 0, __ATOMIC_SEQ_CST);
    for (int i = 0; i < N; i++)
        expect_exit(pid[i], 0);
    CHECK(s->turn == N, "turn is %d", s->turn);
    CHECK(memcmp(other, "abc", 4) == 0, "the second area holds '%.8s'", other);
    pass();
}
