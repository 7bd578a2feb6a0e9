/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Makes a system call that our signal interrupted begin again, so that no program sees EINTR because of a checkpoint.
 * The kernel restarts most calls by itself (SA_RESTART) and returns EINTR from the ones below whenever a handler ran.
 * For these the frame is wound back to the system call instruction. Its number is not in the frame: the checkpoint
 * thread has read it from /proc before it sent the signal, and where the thread moved on in between, libc's own
 * "mov $NR, %eax" in front of the instruction tells. syscall() is ours, since libc's forgets the number.
 *
 * A signal of the program that became pending while the thread was parked is delivered right after it has left, and
 * must find it in the system call that it is meant to interrupt: then EINTR stays, or takes the place of the kernel's
 * own beginning again.
 *
 * Time that has passed must count. The kernel stores what is left of nanosleep, select and ppoll; for the others the
 * wrappers in wrap_wait.c leave the deadline here. */
#include "arch/x86_64/registers.h"
#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

#define STACK_NEAR 4096

static __thread uint64_t deadline_ns __attribute__((tls_model("initial-exec")));

static __thread struct timespec futex_end __attribute__((tls_model("initial-exec")));

void syscall_deadline_set(uint64_t nanoseconds)
{
    deadline_ns = nanoseconds;
}

/* What is left until the deadline, rounded up to milliseconds; -1 for ever. */
static int64_t milliseconds_left(int64_t asked)
{
    uint64_t now = now_ns();

    if (deadline_ns == 0 || asked <= 0)
        return asked;
    return now >= deadline_ns ? 0 : (int64_t)((deadline_ns - now + 999999) / 1000000);
}

/* Where the wrapper has made a copy of the timeout, which is then on the stack, the rest is put there. */
static void timeout_count_down(uint64_t address, uint64_t stack)
{
    struct timespec *timeout = (struct timespec *)address;
    uint64_t now = now_ns();

    if (deadline_ns == 0 || address - stack >= STACK_NEAR)
        return;
    uint64_t left = now < deadline_ns ? deadline_ns - now : 0;
    timeout->tv_sec = (time_t)(left / 1000000000ULL);
    timeout->tv_nsec = (long)(left % 1000000000ULL);
}

/* A wait for a relative time becomes one until a time, which is the same however often it begins again. Only what had
 * passed before the first checkpoint is lost. */
static void futex_until(struct sigcontext *registers)
{
    const struct timespec *limit = (const struct timespec *)registers->r10;

    if ((registers->rsi & FUTEX_CMD_MASK) != FUTEX_WAIT || limit == NULL)
        return;
    uint64_t end = now_ns() + (uint64_t)limit->tv_nsec;
    futex_end.tv_sec = (time_t)(end / 1000000000ULL) + limit->tv_sec;
    futex_end.tv_nsec = (long)(end % 1000000000ULL);
    registers->rsi = (registers->rsi & FUTEX_PRIVATE_FLAG) | FUTEX_WAIT_BITSET;
    registers->r10 = (uint64_t)&futex_end;
    registers->r9 = FUTEX_BITSET_MATCH_ANY;
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
    case SYS_rt_sigtimedwait:
        timeout_count_down(registers->rdx, registers->rsp);
        return true;
    case SYS_futex:
        futex_until(registers);
        return true;
    case SYS_select:
    case SYS_pselect6:
    case SYS_ppoll:
    case SYS_epoll_pwait2:
    case SYS_pause:
    case SYS_rt_sigsuspend:
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

/* Calls that the kernel has begun again for the sake of our SA_RESTART, and would have ended for a handler without. */
static bool ends_for_handler(int64_t number, const struct sigcontext *registers)
{
    switch (number) {
    case SYS_read:
    case SYS_readv:
    case SYS_write:
    case SYS_writev:
    case SYS_open:
    case SYS_openat:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_flock:
    case SYS_fcntl:
    case SYS_ioctl:
    case SYS_connect:
    case SYS_accept:
    case SYS_accept4:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_mq_timedsend:
    case SYS_mq_timedreceive:
        return true;
    case SYS_futex:
        return (registers->rsi & FUTEX_CMD_MASK) == FUTEX_WAIT ||
               (registers->rsi & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
    default:
        return false;
    }
}

static void interrupt(struct arch_frame *frame)
{
    struct sigcontext *registers = &frame->registers;

    if (arch_syscall_ahead(frame) == NULL || !ends_for_handler((int64_t)registers->rax, registers))
        return;
    registers->rax = (uint64_t)-EINTR;
    registers->rip += ARCH_SYSCALL_SIZE;
}

/* Of our syscall(): what libc's returns. */
long syscall_failed(long error)
{
    *REAL(errno_location)() = (int)-error;
    return -1;
}

static int64_t syscall_number(const struct thread_slot *slot, const struct sigcontext *registers,
                              const unsigned char *instruction)
{
    /* A sleep that the kernel has taken up again after a stop goes by another number. */
    if (slot != NULL && is_noted(&slot->syscall, registers) &&
        slot->syscall.number != SYS_restart_syscall)
        return slot->syscall.number;
    int64_t kept = arch_syscall_number_kept(instruction, registers);
    return kept >= 0 ? kept : arch_syscall_immediate(instruction);
}

void syscall_restart(const struct thread_slot *slot, void *ucontext, enum signal_waiting waiting)
{
    struct arch_frame *frame = ucontext;
    struct sigcontext *registers = &frame->registers;

    if (waiting == SIGNAL_INTERRUPTS)
        interrupt(frame);
    if (waiting != SIGNAL_NONE || (int64_t)registers->rax != -EINTR)
        return;
    const unsigned char *instruction = arch_syscall_behind(frame);
    if (instruction == NULL)
        return;
    int64_t number = syscall_number(slot, registers, instruction);
    if (!time_left_set(number, registers))
        return;
    registers->rax = (uint64_t)number;
    registers->rip = (uint64_t)instruction;
}
