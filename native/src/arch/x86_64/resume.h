/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_ARCH_RESUME_H
#define CKPT_ARCH_RESUME_H

#include <stddef.h>
#include <stdint.h>

/* A system call that goes on in code of the library, see preload/syscall_rest.h. It lies on the thread's own stack, below
 * the red zone of the program's code, and begins with what that code has to find once it goes on:
 *
 *       0  rdi rsi rdx r10 r8 r9
 *      48  flags, stack pointer, instruction behind the system call
 *      72  number and arguments of the call that is made
 *
 * The offsets are known to preload_syscall.S. */
struct arch_resume {
    uint64_t kept[6];
    uint64_t flags, sp, ip;
    uint64_t number;
    uint64_t args[6];
};
_Static_assert(offsetof(struct arch_resume, flags) == 48, "known to preload_syscall.S");
_Static_assert(offsetof(struct arch_resume, number) == 72, "known to preload_syscall.S");
_Static_assert(sizeof(struct arch_resume) == 128, "known to preload_syscall.S");

#define ARCH_RED_ZONE 128

/* Where a thread is sent whose stack pointer has been set to a struct arch_resume: calls syscall_go_on() with it, and
 * returns what that returns to the program. No register but the result's changes, no more than in a system call. */
void arch_resume_entry(void);
long syscall_go_on(struct arch_resume *resume);

/* Makes the call and returns what the kernel returned; rbx points to resume meanwhile. */
long arch_resume_syscall(struct arch_resume *resume);
/* The instruction behind its system call, and behind the one of syscall(3), where rbx holds the number. */
extern const unsigned char arch_resume_syscall_end[], arch_named_syscall_end[];

/* syscall(3) without a look at the number. */
long arch_named_syscall(long number, ...);

#endif
