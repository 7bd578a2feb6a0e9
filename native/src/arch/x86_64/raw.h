/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_ARCH_RAW_H
#define CKPT_ARCH_RAW_H

/* Raw system calls for code that may touch neither errno nor thread-local storage: the preloaded library and the
 * restorer. Every call returns what the kernel returned, that is a negative errno on failure. */
static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
    long ret;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;

    __asm__ volatile("syscall"
                     : "=a"(ret)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}

#define raw0(nr)                raw6(nr, 0, 0, 0, 0, 0, 0)
#define raw1(nr, a)             raw6(nr, (long)(a), 0, 0, 0, 0, 0)
#define raw2(nr, a, b)          raw6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define raw3(nr, a, b, c)       raw6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define raw4(nr, a, b, c, d)    raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define raw5(nr, a, b, c, d, e) raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

/* What the kernel keeps of a thread that waits inside park(): enough to come back to it as setjmp would. */
struct arch_context {
    unsigned long rbx, rbp, r12, r13, r14, r15, rsp, rip;
    unsigned long fs_base, gs_base;
};

/* Saves the caller's context; returns 0 now and 1 when something jumps there. */
int arch_context_save(struct arch_context *context) __attribute__((returns_twice));
/* clone(2) whose child runs entry(arg) on a stack of its own and must not return. */
long arch_clone(unsigned long flags, void *stack_top, void *parent_tid, void (*entry)(void *),
                void *arg);
/* The sa_restorer that every signal handler needs. */
void arch_signal_return(void);

/* Whether the kernel has switched memory protection keys on. */
static inline int arch_has_protection_keys(void)
{
    unsigned a = 0, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (a < 7)
        return 0;
    a = 7;
    c = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (int)(c >> 4 & 1);
}

#endif
