/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Shared memory that is written all the time, some pages with zeros, some given back to the kernel: an image holds it
 * as it was at one moment. */
#include "testlib.h"
#include <sys/mman.h>

#define PAGE  4096
#define WORDS (PAGE / sizeof(uint64_t))
#define PAGES 2048ul /* more than is copied during a pause without further ado */

struct shared {
    volatile bool stop;
    bool wrong;
    uint64_t round; /* of the page written last */
    char message[200];
};

/* What the page holds after that round; 0: nothing. */
static uint64_t stamp(uint64_t round)
{
    return round % 5 == 0 || round % 7 == 0 ? 0 : round * 0x9e3779b97f4a7c15u | 1;
}

static void page_check(struct shared *s, const uint64_t *page, uint64_t round)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (page[i] == stamp(round))
            continue;
        snprintf(s->message, sizeof(s->message), "word %zu of round %lu is %lx, not %lx", i, round,
                 page[i], stamp(round));
        s->wrong = true;
        return;
    }
}

static void page_write(uint64_t *page, uint64_t round)
{
    if (round % 7 == 0 && madvise(page, PAGE, MADV_REMOVE) == 0)
        return;
    for (size_t i = 0; i < WORDS; i++)
        page[i] = stamp(round);
}

/* Each page is looked at before it is written again, so that one of another moment does not go unseen. */
static void write_all_the_time(struct shared *s, uint64_t *memory)
{
    while (!s->stop && !s->wrong) {
        uint64_t round = s->round + 1, *page = memory + round % PAGES * WORDS;

        if (round > PAGES)
            page_check(s, page, round - PAGES);
        page_write(page, round);
        s->round = round;
        if (round % 256 == 0)
            moment(false);
    }
    _exit(0);
}

int main(void)
{
    struct shared *s =
        MUST(mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    uint64_t *memory =
        MUST(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    pid_t pid = MUST(fork());

    if (pid == 0)
        write_all_the_time(s, memory);
    while (s->round < PAGES)
        moment(false);
    ready();
    wait_go();
    uint64_t once_more = s->round + 2 * PAGES;
    while (s->round < once_more && !s->wrong)
        moment(false);
    s->stop = true;
    expect_exit(pid, 0);
    CHECK(!s->wrong, "%s", s->message);
    if (sabotaged())
        memory[(s->round - 1) % PAGES * WORDS] ^= 1;
    for (uint64_t round = s->round - PAGES + 1; round <= s->round; round++)
        page_check(s, memory + round % PAGES * WORDS, round);
    CHECK(!s->wrong, "%s", s->message);
    pass();
}
