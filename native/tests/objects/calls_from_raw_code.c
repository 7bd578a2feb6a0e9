/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* System calls that libc does not make, from code that loads the number in various ways as compilers of other languages
 * and JITs do: they wait as long as they were told, and leave every register as the kernel would. */
#include "testlib.h"
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>

#define MS       20
#define PATTERNS 5

/* number and six arguments in; what the six registers hold afterwards, and the result, out. */
typedef long raw_function(long number, const uint64_t *args, uint64_t *after);

/* mov of a number that is only known when the code is made; then load the arguments from rbx, call, store to r12. */
static const unsigned char head[] = {
    0x53, 0x55, 0x41, 0x54, /* push rbx, rbp, r12 */
    0x48, 0x89, 0xf3,       /* mov rbx, rsi */
    0x49, 0x89, 0xd4,       /* mov r12, rdx */
    0x48, 0x89, 0xfd,       /* mov rbp, rdi */
    0x57,                   /* push rdi */
    0x48, 0x8b, 0x3b,       /* mov rdi, [rbx] */
    0x48, 0x8b, 0x73, 0x08, /* mov rsi, [rbx + 8] */
    0x48, 0x8b, 0x53, 0x10, /* mov rdx, [rbx + 16] */
    0x4c, 0x8b, 0x53, 0x18, /* mov r10, [rbx + 24] */
    0x4c, 0x8b, 0x43, 0x20, /* mov r8, [rbx + 32] */
    0x4c, 0x8b, 0x4b, 0x28, /* mov r9, [rbx + 40] */
};
static const unsigned char tail[] = {
    0x0f, 0x05,                   /* syscall */
    0x49, 0x89, 0x3c, 0x24,       /* mov [r12], rdi */
    0x49, 0x89, 0x74, 0x24, 0x08, /* mov [r12 + 8], rsi */
    0x49, 0x89, 0x54, 0x24, 0x10, /* mov [r12 + 16], rdx */
    0x4d, 0x89, 0x54, 0x24, 0x18, /* mov [r12 + 24], r10 */
    0x4d, 0x89, 0x44, 0x24, 0x20, /* mov [r12 + 32], r8 */
    0x4d, 0x89, 0x4c, 0x24, 0x28, /* mov [r12 + 40], r9 */
    0x5f, 0x41, 0x5c, 0x5d, 0x5b, /* pop rdi, r12, rbp, rbx */
    0xc3,
};

/* The ways to load it; the last one is generic, from the stack. */
static size_t load(unsigned char *to, int pattern, int number)
{
    unsigned char code[PATTERNS][8] = {
        {0xb8, (unsigned char)number, (unsigned char)(number >> 8), 0, 0},
        {0x48, 0xc7, 0xc0, (unsigned char)number, (unsigned char)(number >> 8), 0, 0},
        {0x6a, (unsigned char)number, 0x58},
        {0x48, 0x89, 0xe8},          /* mov rax, rbp */
        {0x48, 0x8b, 0x44, 0x24, 0}, /* mov rax, [rsp + 0] */
    };
    static const size_t sizes[PATTERNS] = {5, 7, 3, 3, 5};

    memcpy(to, code[pattern], sizes[pattern]);
    return sizes[pattern];
}

static raw_function *make(int pattern, int number)
{
    static unsigned char *at;
    unsigned char *begin;

    if (at == NULL)
        at = MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0));
    begin = at;
    memcpy(at, head, sizeof(head));
    at += sizeof(head);
    at += load(at, pattern, number);
    memcpy(at, tail, sizeof(tail));
    at += sizeof(tail);
    return (raw_function *)begin;
}

static void check(raw_function *call, int number, uint64_t args[6], long want)
{
    uint64_t after[6] = {0};
    double started = now();
    long got = call(number, args, after);
    double slept = now() - started;

    CHECK(got == want, "system call %d gave %ld", number, got);
    CHECK(slept > MS / 1000.0 - 0.002, "system call %d took %.4f s", number, slept);
    if (sabotaged())
        after[2]++;
    for (int i = 0; i < 6; i++)
        CHECK(after[i] == args[i], "system call %d changed argument %d", number, i);
}

static void all(raw_function *const *calls)
{
    struct timespec nap = {.tv_nsec = MS * 1000000};
    struct pollfd none = {.fd = -1};
    int word = 1;

    check(calls[0], SYS_poll, (uint64_t[]){(uint64_t)&none, 1, MS, 44, 55, 66}, 0);
    check(calls[1], SYS_nanosleep, (uint64_t[]){(uint64_t)&nap, 0, 33, 44, 55, 66}, 0);
    check(calls[2], SYS_clock_nanosleep,
          (uint64_t[]){CLOCK_MONOTONIC, 0, (uint64_t)&nap, 0, 55, 66}, 0);
    check(calls[3], SYS_futex, (uint64_t[]){(uint64_t)&word, FUTEX_WAIT, 1, (uint64_t)&nap, 55, 66},
          -ETIMEDOUT);
    CHECK(nap.tv_sec == 0 && nap.tv_nsec == MS * 1000000, "the time asked for changed");
}

int main(void)
{
    static const int numbers[] = {SYS_poll, SYS_nanosleep, SYS_clock_nanosleep, SYS_futex};
    raw_function *calls[PATTERNS][4];

    for (int pattern = 0; pattern < PATTERNS; pattern++) {
        for (int i = 0; i < 4; i++) /* push takes a signed byte */
            calls[pattern][i] = make(pattern == 2 && numbers[i] > 127 ? 0 : pattern, numbers[i]);
    }
    ready();
    do {
        for (int pattern = 0; pattern < PATTERNS; pattern++)
            all(calls[pattern]);
    } while (!exists("go"));
    pass();
}
