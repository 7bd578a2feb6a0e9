/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_ARCH_TRAMPOLINE_H
#define CKPT_ARCH_TRAMPOLINE_H

/* Code that takes the place of a function of the vDSO. r11 and rax are the callee's to change. */

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#define ARCH_TRAMPOLINE_SIZE 16

/* movabs $target, %r11; jmp *%r11; returns the number of bytes. */
static inline uint32_t arch_trampoline_jump(uint8_t *code, uint64_t target)
{
    static const uint8_t load[] = {0x49, 0xbb}, jump[] = {0x41, 0xff, 0xe3};

    memcpy(code, load, sizeof(load));
    memcpy(code + 2, &target, sizeof(target));
    memcpy(code + 10, jump, sizeof(jump));
    return 13;
}

/* mov $number, %eax; syscall; ret */
static inline uint32_t arch_trampoline_syscall(uint8_t *code, int32_t number)
{
    static const uint8_t rest[] = {0x0f, 0x05, 0xc3};

    code[0] = 0xb8;
    memcpy(code + 1, &number, sizeof(number));
    memcpy(code + 5, rest, sizeof(rest));
    return 8;
}

/* mov $-ENOSYS, %rax; ret: what a caller of the vDSO has to expect. */
static inline uint32_t arch_trampoline_refuse(uint8_t *code)
{
    static const uint8_t load[] = {0x48, 0xc7, 0xc0};
    int32_t error = -ENOSYS;

    memcpy(code, load, sizeof(load));
    memcpy(code + 3, &error, sizeof(error));
    code[7] = 0xc3;
    return 8;
}

/* The system call that does what a function of the vDSO does, with the same arguments, or -1. */
static inline int32_t arch_vdso_syscall(const char *function)
{
    static const struct {
        const char *name;
        int32_t number;
    } functions[] = {
        {"clock_gettime", SYS_clock_gettime},
        {"clock_getres", SYS_clock_getres},
        {"gettimeofday", SYS_gettimeofday},
        {"time", SYS_time},
        {"getcpu", SYS_getcpu},
        {"getrandom", 318},
    };
    static const char prefix[] = "__vdso_";

    if (strncmp(function, prefix, sizeof(prefix) - 1) == 0)
        function += sizeof(prefix) - 1;
    for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (strcmp(function, functions[i].name) == 0)
            return functions[i].number;
    }
    return -1;
}

#endif
