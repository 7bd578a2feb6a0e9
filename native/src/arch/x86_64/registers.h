/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_ARCH_REGISTERS_H
#define CKPT_ARCH_REGISTERS_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's struct ucontext up to the registers; libc's type of that name differs between libraries. */
struct arch_frame {
    uint64_t flags;
    void *link;
    struct {
        void *sp;
        int flags;
        size_t size;
    } stack;
    struct sigcontext registers;
    uint64_t mask; /* the thread's, when the signal came */
};

#define ARCH_SYSCALL_SIZE 2 /* bytes of the instruction */

/* The address of the system call instruction just behind which the frame's thread stands, or NULL. */
static inline const unsigned char *arch_syscall_behind(const struct arch_frame *frame)
{
    const unsigned char *at = (const unsigned char *)frame->registers.rip - ARCH_SYSCALL_SIZE;

    return at[0] == 0x0f && at[1] == 0x05 ? at : NULL;
}

/* The system call instruction that the thread is about to execute because the kernel has wound it back there, or NULL.
 * The instruction leaves the address behind itself in rcx, and number and error share rax. */
static inline const unsigned char *arch_syscall_ahead(const struct arch_frame *frame)
{
    const unsigned char *at = (const unsigned char *)frame->registers.rip;

    return frame->registers.rcx == frame->registers.rip + ARCH_SYSCALL_SIZE && at[0] == 0x0f &&
                   at[1] == 0x05
               ? at
               : NULL;
}

/* The instruction in our syscall(), at which rbx holds the number. */
extern const unsigned char arch_syscall_by_number[];

/* The number of the interrupted call, where it is one of our syscall(), or -1. */
static inline int64_t arch_syscall_number_kept(const unsigned char *instruction,
                                               const struct sigcontext *registers)
{
    return instruction == arch_syscall_by_number ? (int64_t)registers->rbx : -1;
}

#define ARCH_SYSCALL_LOOK_BACK 16  /* bytes; libc loads an argument or two in between */
#define ARCH_SYSCALL_HIGHEST   600 /* numbers beyond are no system calls */

/* The number that the nearest "mov $NR, %eax" in front of the system call instruction loads, or -1. */
static inline int64_t arch_syscall_immediate(const unsigned char *instruction)
{
    for (int back = 5; back <= ARCH_SYSCALL_LOOK_BACK; back++) {
        const unsigned char *at = instruction - back;
        int64_t number = (int64_t)at[1] | (int64_t)at[2] << 8;
        if (at[0] == 0xb8 && at[3] == 0 && at[4] == 0 && number < ARCH_SYSCALL_HIGHEST)
            return number;
    }
    return -1;
}

#endif
