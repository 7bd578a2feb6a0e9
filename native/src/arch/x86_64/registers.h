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

#define ARCH_SYSCALL_LOOK_BACK 24  /* bytes; an argument or two are loaded in between */
#define ARCH_SYSCALL_HIGHEST   600 /* numbers beyond are no system calls */

/* A register that a callee keeps, and so a system call's arguments do not take, by its number; or -1. */
static inline int64_t arch_kept_register(const struct sigcontext *registers, unsigned number)
{
    switch (number) {
    case 3:
        return (int64_t)registers->rbx;
    case 5:
        return (int64_t)registers->rbp;
    case 12:
        return (int64_t)registers->r12;
    case 13:
        return (int64_t)registers->r13;
    case 14:
        return (int64_t)registers->r14;
    case 15:
        return (int64_t)registers->r15;
    default:
        return -1;
    }
}

#define ARCH_FRAME_REACH 65536 /* bytes between the stack pointer and what rbp may point to */

/* What stands at that distance from the stack pointer or the frame pointer. */
static inline int64_t arch_stack_word(const struct sigcontext *registers, uint64_t base,
                                      unsigned char distance)
{
    uint64_t address = base + (uint64_t)(int64_t)(signed char)distance;

    if (base - registers->rsp >= ARCH_FRAME_REACH)
        return -1;
    return *(const int32_t *)address;
}

/* What an instruction of size bytes at most loads into eax, if it is one of the ways in which code loads the number of
 * a system call: mov $NR, %eax or %rax; xor %eax, %eax; push $NR, pop %rax; a mov from a register or from a place on the stack. */
static inline int64_t arch_load_decode(const struct sigcontext *registers, const unsigned char *at,
                                       int size)
{
    unsigned rex = (at[0] & 0xf0) == 0x40 ? at[0] : 0;

    if (rex != 0) {
        at++;
        size--;
    }
    if (size >= 5 && at[0] == 0xb8 && rex == 0 && at[3] == 0 && at[4] == 0)
        return (int64_t)at[1] | (int64_t)at[2] << 8;
    if (size >= 6 && at[0] == 0xc7 && at[1] == 0xc0 && rex == 0x48 && at[4] == 0 && at[5] == 0)
        return (int64_t)at[2] | (int64_t)at[3] << 8;
    if (size >= 2 && at[0] == 0x31 && at[1] == 0xc0 && rex == 0)
        return 0;
    if (size >= 3 && at[0] == 0x6a && at[2] == 0x58 && rex == 0)
        return at[1];
    if (size >= 2 && at[0] == 0x89 && (at[1] & 0xc7) == 0xc0 && (rex & 3) == 0)
        return arch_kept_register(registers, (unsigned)(at[1] >> 3 & 7) | (rex & 4) << 1);
    if (size >= 3 && at[0] == 0x8b && at[1] == 0x45 && (rex & 7) == 0)
        return arch_stack_word(registers, registers->rbp, at[2]);
    if (size >= 4 && at[0] == 0x8b && at[1] == 0x44 && at[2] == 0x24 && (rex & 7) == 0)
        return arch_stack_word(registers, registers->rsp, at[3]);
    return -1;
}

/* The number of the system call that the frame's thread has made: the nearest load of a number in front of the
 * instruction, or -1. A guess, since what comes between is not looked at. */
static inline int64_t arch_syscall_loaded(const struct arch_frame *frame,
                                          const unsigned char *instruction)
{
    for (int back = 2; back <= ARCH_SYSCALL_LOOK_BACK; back++) {
        const unsigned char *at = instruction - back;
        if (((uint64_t)at ^ (uint64_t)instruction) >> 12 != 0)
            return -1; /* the page in front may be none */
        int64_t number = arch_load_decode(&frame->registers, at, back);
        if (number >= 0 && number < ARCH_SYSCALL_HIGHEST)
            return number;
    }
    return -1;
}

#endif
