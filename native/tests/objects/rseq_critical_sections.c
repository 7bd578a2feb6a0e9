/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Restartable sequences at work: threads count in a counter of their CPU without atomic instructions. Every success is
 * counted a second time by the thread alone, and the sums are equal only if each interrupted sequence began again and
 * the registration is in force. Passes as it is where libc registers none (before glibc 2.35). */
#include "testlib.h"
#include <pthread.h>
#include <sched.h>
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>

#define THREADS 4
#define CPUS    1024

static struct {
    volatile long count;
    char padding[56];
} counters[CPUS];
static volatile int stop;

/* False when it was interrupted. The loop of pauses makes that likely. */
static bool count_on(volatile struct rseq *area, uint32_t cpu, volatile long *counter)
{
    __asm__ goto(".pushsection __rseq_cs, \"aw\"\n\t"
                 ".balign 32\n"
                 "3: .long 0, 0\n\t"
                 ".quad 1f, 2f - 1f, 4f\n\t"
                 ".popsection\n\t"
                 "lea 3b(%%rip), %%rax\n\t"
                 "mov %%rax, %[section]\n"
                 "1: cmp %[cpu], %[current]\n\t"
                 "jnz 4f\n\t"
                 "mov (%[counter]), %%rax\n\t"
                 "mov $50, %%ecx\n"
                 "5: pause\n\t"
                 "dec %%ecx\n\t"
                 "jnz 5b\n\t"
                 "inc %%rax\n\t"
                 "mov %%rax, (%[counter])\n"
                 "2:\n\t"
                 ".pushsection .text.unlikely, \"ax\"\n\t"
                 ".byte 0x0f, 0xb9, 0x3d\n\t"
                 ".long 0x53053053\n"
                 "4: jmp %l[interrupted]\n\t"
                 ".popsection"
                 :
                 : [section] "m"(area->rseq_cs), [current] "m"(area->cpu_id), [cpu] "r"(cpu),
                   [counter] "r"(counter)
                 : "rax", "rcx", "cc", "memory"
                 : interrupted);
    return true;
interrupted:
    return false;
}

static void *work(void *unused)
{
    volatile struct rseq *area =
        (volatile struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
    long done = 0;

    (void)unused;
    while (!stop) {
        uint32_t cpu = area->cpu_id;
        CHECK(cpu < CPUS && sched_getcpu() < CPUS, "CPU %u: not registered", cpu);
        done += count_on(area, cpu, &counters[cpu].count);
    }
    return (void *)done;
}

int main(void)
{
    pthread_t threads[THREADS];
    long sum = 0, wanted = sabotaged();

    if (__rseq_size == 0) {
        ready();
        wait_go();
        CHECK(!sabotaged(), "nothing to damage");
        pass();
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0, "no thread");
    ready();
    wait_go();
    for (double end = now() + 0.05; now() < end;)
        moment(false);
    stop = 1;
    for (int i = 0; i < THREADS; i++) {
        void *done;
        CHECK(pthread_join(threads[i], &done) == 0, "pthread_join");
        wanted += (long)done;
    }
    for (int i = 0; i < CPUS; i++)
        sum += counters[i].count;
    CHECK(sum == wanted && sum > 0, "%ld in the counters of CPUs, %ld by threads", sum, wanted);
    pass();
}
#else
int main(void)
{
    ready();
    wait_go();
    CHECK(!sabotaged(), "nothing to damage");
    pass();
}
#endif
