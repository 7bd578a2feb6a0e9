/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The restorer's last part: the threads of the image, each in the library's handler, where the checkpoint had parked it. */
#include "restore/restorer_code.h"

#include <errno.h>
#include <linux/sched.h>
#include <sys/syscall.h>

#define EXIST_TRIES 100000

RESTORER_SHARED __attribute__((noreturn)) void restorer_jump(const struct arch_context *context)
{
    __asm__ volatile("mov 0(%%rdi), %%rbx\n\t"
                     "mov 8(%%rdi), %%rbp\n\t"
                     "mov 16(%%rdi), %%r12\n\t"
                     "mov 24(%%rdi), %%r13\n\t"
                     "mov 32(%%rdi), %%r14\n\t"
                     "mov 40(%%rdi), %%r15\n\t"
                     "mov 48(%%rdi), %%rsp\n\t"
                     "mov 56(%%rdi), %%rdx\n\t"
                     "mov $1, %%eax\n\t"
                     "jmp *%%rdx"
                     :
                     : "D"(context)
                     : "memory");
    __builtin_unreachable();
}

/* clone3 whose child continues at the address in target with argument in rdi. Its stack may be in use by the thread
 * that will come back there, so nothing is pushed. */
static RESTORER_CODE long thread_clone(struct clone_args *clone, uint64_t target, uint64_t argument)
{
    long ret;

    __asm__ volatile("mov %[target], %%r12\n\t"
                     "mov %[argument], %%r13\n\t"
                     "syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "mov %%r13, %%rdi\n\t"
                     "jmp *%%r12\n"
                     "1:"
                     : "=a"(ret)
                     : "a"(SYS_clone3), "D"(clone),
                       "S"(sizeof(*clone)), [target] "r"(target), [argument] "r"(argument)
                     : "rcx", "r11", "r12", "r13", "memory");
    return ret;
}

RESTORER_SHARED void restorer_thread_make(struct restorer_args *args, int32_t tid, uint64_t flags,
                                          uint64_t stack, uint64_t tls, uint64_t target,
                                          uint64_t argument)
{
    struct clone_args clone;
    pid_t wanted = tid;

    for (unsigned long i = 0; i < sizeof(clone) / 8; i++)
        ((volatile uint64_t *)&clone)[i] = 0;
    clone.flags =
        flags | CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS;
    clone.stack = stack - 4096;
    clone.stack_size = 4096;
    clone.tls = tls;
    clone.set_tid = (uint64_t)&wanted;
    clone.set_tid_size = 1;
    /* A thread of ours that had the number may not be quite gone. */
    long got = thread_clone(&clone, target, argument);
    for (int i = 0; got == -EEXIST && i < EXIST_TRIES; i++) {
        raw1(SYS_sched_yield, 0);
        got = thread_clone(&clone, target, argument);
    }
    if (got < 0)
        restorer_fail(args, RESTORER_THREAD, got, (uint64_t)tid);
}

RESTORER_SHARED const struct thread_slot *restorer_slot_find(const struct restorer_args *args,
                                                             int32_t tid)
{
    for (uint64_t i = 0; i < args->slot_count; i++) {
        if (args->slots[i].live && (tid == 0 || args->slots[i].tid == tid))
            return &args->slots[i];
    }
    return 0;
}

RESTORER_SHARED void restorer_threads_make(struct restorer_args *args)
{
    for (uint64_t i = 0; i < args->slot_count; i++) {
        const struct thread_slot *slot = &args->slots[i];
        if (slot->live && slot->tid != args->pid)
            restorer_thread_make(args, slot->tid, CLONE_FILES, slot->context.rsp - 512,
                                 slot->context.fs_base, (uint64_t)restorer_jump,
                                 (uint64_t)&slot->context);
    }
}
