/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* All vector and x87 registers and the rounding modes, in a loop that makes no system call and no memory access. */
#include "testlib.h"
#include <cpuid.h>
#include <pthread.h>

static volatile int stop;
static volatile int up;

/* Fills the registers, spins until *stop is set, and says whether they still hold what was put in. */
static int spin_sse(volatile int *flag)
{
    uint64_t in[4] = {0x1122334455667788, 0x99aabbccddeeff00, 0x0123456789abcdef,
                      0xfedcba9876543210};
    uint64_t out[4] = {0};
    double x87 = 0;

    __asm__ volatile("fldpi\n\t"
                     "movdqu 0(%1), %%xmm0\n\t"
                     "movdqu 16(%1), %%xmm15\n\t"
                     "1: pause\n\t"
                     "cmpl $0, (%0)\n\t"
                     "je 1b\n\t"
                     "movdqu %%xmm0, 0(%2)\n\t"
                     "movdqu %%xmm15, 16(%2)\n\t"
                     "fstpl (%3)\n\t"
                     :
                     : "r"(flag), "r"(in), "r"(out), "r"(&x87)
                     : "memory", "xmm0", "xmm15", "st");
    return memcmp(in, out, sizeof(in)) == 0 && x87 == 3.141592653589793;
}

static int spin_avx(volatile int *flag)
{
    uint64_t in[4] = {1, 0x99aabbccddeeff00, 3, 0xfedcba9876543210}, out[4] = {0};

    __asm__ volatile("vmovdqu (%1), %%ymm7\n\t"
                     "1: pause\n\t"
                     "cmpl $0, (%0)\n\t"
                     "je 1b\n\t"
                     "vmovdqu %%ymm7, (%2)\n\t"
                     "vzeroupper\n\t"
                     :
                     : "r"(flag), "r"(in), "r"(out)
                     : "memory", "xmm7");
    return memcmp(in, out, sizeof(in)) == 0;
}

static int spin_avx512(volatile int *flag)
{
    uint64_t in[8] = {1, 2, 3, 4, 5, 6, 7, 0xfedcba9876543210}, out[8] = {0};

    __asm__ volatile("vmovdqu64 (%1), %%zmm29\n\t"
                     "1: pause\n\t"
                     "cmpl $0, (%0)\n\t"
                     "je 1b\n\t"
                     "vmovdqu64 %%zmm29, (%2)\n\t"
                     :
                     : "r"(flag), "r"(in), "r"(out)
                     : "memory");
    return memcmp(in, out, sizeof(in)) == 0;
}

static void *thread(void *arg)
{
    int (*spin)(volatile int *) = (int (*)(volatile int *))arg;

    __atomic_add_fetch(&up, 1, __ATOMIC_SEQ_CST);
    return (void *)(intptr_t)spin(&stop);
}

int main(void)
{
    int (*spins[3])(volatile int *) = {spin_sse, spin_avx, spin_avx512};
    int threads = 1;
    unsigned int mxcsr = 0x7f80, mxcsr_after; /* round towards zero, flush to zero off */
    unsigned short control = 0xf7f, control_after;
    pthread_t id[3];
    void *ok;

    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx"))
        threads = 2;
    if (__builtin_cpu_supports("avx512f"))
        threads = 3;
    for (int i = 0; i < threads; i++)
        pthread_create(&id[i], NULL, thread, (void *)spins[i]);
    __asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(control));
    while (up != threads)
        moment(false);
    ready();
    wait_go();
    __asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr_after), "=m"(control_after));
    stop = 1;
    if (sabotaged())
        control ^= 0x100;
    for (int i = 0; i < threads; i++) {
        pthread_join(id[i], &ok);
        CHECK(ok != NULL, "registers of kind %d (0 SSE and x87, 1 AVX, 2 AVX-512)", i);
    }
    CHECK((mxcsr_after & ~0x3fu) == mxcsr, "MXCSR 0x%x became 0x%x", mxcsr, mxcsr_after);
    CHECK(control_after == control, "x87 control word 0x%x became 0x%x", control, control_after);
    pass();
}
