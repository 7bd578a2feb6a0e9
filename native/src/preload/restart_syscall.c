/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Makes a system call that our signal interrupted begin again, so that no program sees EINTR because of a checkpoint.
 * The kernel restarts most calls by itself (SA_RESTART) and returns EINTR from the ones below whenever a handler ran.
 * For these the frame is wound back to the system call instruction. Its number is not in the frame: the checkpoint
 * thread has read it from /proc before it sent the signal, and where the thread moved on in between, libc's own
 * "mov $NR, %eax" in front of the instruction tells.
 *
 * Time that has passed must count. The kernel stores what is left of nanosleep, select and ppoll; for the others the
 * wrappers in wrap_wait.c leave the deadline here. */
#include "arch/x86_64/registers.h"
#include "preload/preload.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static __thread uint64_t deadline_ns __attribute__((tls_model("initial-exec")));

void syscall_deadline_set(uint64_t nanoseconds)
{
    deadline_ns = nanoseconds;
}

/* What is left until the deadline, rounded up to milliseconds; -1 for ever. */
static int64_t milliseconds_left(int64_t asked)
{
    struct timespec now;

    if (deadline_ns == 0 || asked <= 0)
        return asked;
    raw2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    uint64_t at = (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
    return at >= deadline_ns ? 0 : (int64_t)((deadline_ns - at + 999999) / 1000000);
}

static bool is_noted(const struct slot_syscall *noted, const struct sigcontext *now)
{
    return noted->number >= 0 && noted->pc == now->rip && noted->sp == now->rsp &&
           noted->args[0] == now->rdi && noted->args[1] == now->rsi && noted->args[2] == now->rdx;
}

/* Puts the remaining time in place of the original one. False: this call must keep its EINTR. */
static bool time_left_set(int64_t number, struct sigcontext *registers)
{
    switch (number) {
    case SYS_nanosleep:
        if (registers->rsi != 0)
            registers->rdi = registers->rsi;
        return true;
    case SYS_clock_nanosleep:
        if ((registers->rsi & TIMER_ABSTIME) == 0 && registers->r10 != 0)
            registers->rdx = registers->r10;
        return true;
    case SYS_poll:
        registers->rdx = (uint64_t)milliseconds_left((int32_t)registers->rdx);
        return true;
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
        registers->r10 = (uint64_t)milliseconds_left((int32_t)registers->r10);
        return true;
    case SYS_select:
    case SYS_pselect6:
    case SYS_ppoll:
    case SYS_epoll_pwait2:
    case SYS_pause:
    case SYS_rt_sigsuspend:
    case SYS_rt_sigtimedwait:
    case SYS_futex:
    case SYS_semop:
    case SYS_semtimedop:
    case SYS_msgrcv:
    case SYS_msgsnd:
    case SYS_io_getevents:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_accept:
    case SYS_accept4:
        return true;
    default:
        return false;
    }
}

void syscall_restart(struct thread_slot *slot, void *ucontext)
{
    struct arch_frame *frame = ucontext;
    struct sigcontext *registers = &frame->registers;

    if ((int64_t)registers->rax != -EINTR)
        return;
    const unsigned char *instruction = arch_syscall_behind(frame);
    if (instruction == NULL)
        return;
    int64_t number = is_noted(&slot->syscall, registers) ? slot->syscall.number
                                                         : arch_syscall_immediate(instruction);
    if (!time_left_set(number, registers))
        return;
    registers->rax = (uint64_t)number;
    registers->rip = (uint64_t)instruction;
}
