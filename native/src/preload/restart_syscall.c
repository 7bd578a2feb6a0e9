/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Makes a system call that our signal interrupted go on, so that no program sees EINTR or a short count because of a
 * checkpoint. The kernel restarts many calls by itself (SA_RESTART); from the others it returns EINTR whenever a
 * handler ran, and from a transfer half done what has been moved. Such a call is made again from its own instruction,
 * or, where some of its time or bytes are used up, goes on in syscall_rest.c.
 *
 * Its number is not in the frame. The checkpoint thread has read it from /proc before it sent the signal; where the
 * thread has moved on since, syscall() keeps the number in a register, the wrappers in wrap_wait.c leave a hint, and
 * most other code loads it just in front of the instruction.
 *
 * A signal of the program that became pending while the thread was parked is delivered right after it has left, and
 * must find it in the system call that it is meant to interrupt: then EINTR stays, or takes the place of the kernel's
 * own beginning again. */
#include "arch/x86_64/registers.h"
#include "arch/x86_64/resume.h"
#include "preload/preload.h"
#include "preload/syscall_hint.h"
#include "preload/syscall_rest.h"
#include "preload/syscalls.h"
#include "preload/text.h"

#include <errno.h>
#include <sys/syscall.h>

/* Bytes of stack that libc uses below a wrapper. A signal's frame is as large as the first. musl copies what belongs to a
 * message: there the socket has to be the same. */
#define HINT_REACH        1024
#define SOCKET_HINT_REACH 2048

/* Of stack: the largest frame with all that the handler has on top of it, and what it still calls. */
#define FRAME_REACH   (64 * 1024)
#define HANDLER_REACH 1024

__thread struct syscall_hint syscall_hint __attribute__((tls_model("initial-exec")));

static bool is_noted(const struct slot_syscall *noted, const struct sigcontext *now)
{
    return noted->number >= 0 && noted->pc == now->rip && noted->sp == now->rsp &&
           noted->args[0] == now->rdi && noted->args[1] == now->rsi && noted->args[2] == now->rdx;
}

static bool hint_is_plain(void)
{
    return (syscall_hint.number & PLAIN_HINT) != 0;
}

static bool hint_applies(const struct sigcontext *registers)
{
    uint64_t below = syscall_hint.sp - registers->rsp;

    if (syscall_hint.sp == 0 || below >= SOCKET_HINT_REACH)
        return false;
    return below < HINT_REACH || (!hint_is_plain() && syscall_hint.socket >= 0 &&
                                  syscall_hint.socket == (int32_t)registers->rdi);
}

/* libc makes either of the two sleeps with the one's system call or the other's. */
static int64_t hint_number(const struct sigcontext *registers)
{
    if (!hint_applies(registers))
        return -1;
    if (hint_is_plain())
        return syscall_hint.number & ~PLAIN_HINT;
    if (syscall_hint.request == 0)
        return syscall_hint.number;
    return registers->rdi == syscall_hint.request   ? SYS_nanosleep
           : registers->rdx == syscall_hint.request ? SYS_clock_nanosleep
                                                    : -1;
}

static int64_t syscall_number(const struct thread_slot *slot, const struct arch_frame *frame,
                              const unsigned char *instruction)
{
    const struct sigcontext *registers = &frame->registers;

    if (registers->rip == (uint64_t)arch_named_syscall_end)
        return (int64_t)registers->rbx;
    /* A sleep that the kernel has taken up again after a stop goes by another number. */
    if (slot != NULL && is_noted(&slot->syscall, registers) &&
        slot->syscall.number != SYS_restart_syscall)
        return slot->syscall.number;
    int64_t number = arch_syscall_loaded(frame, instruction);
    if (number < 0 || !syscall_may_wait(number))
        number = hint_number(registers);
    return number;
}

static void arguments_get(const struct sigcontext *registers, uint64_t args[6])
{
    args[0] = registers->rdi;
    args[1] = registers->rsi;
    args[2] = registers->rdx;
    args[3] = registers->r10;
    args[4] = registers->r8;
    args[5] = registers->r9;
}

/* Where the rest of the frame's call may lie: below all that the program's code uses, and, where the handler runs on the
 * same stack, below the frame as well, whose upper end holds the vector registers and the protection keys. */
static struct syscall_rest *rest_place(const struct sigcontext *registers)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0), below = registers->rsp - ARCH_RED_ZONE;

    if (here < below && below - here < FRAME_REACH)
        below = here - HANDLER_REACH;
    return (struct syscall_rest *)((below - sizeof(struct syscall_rest)) & ~15ULL);
}

static void rest_enter(struct sigcontext *registers, struct syscall_rest *rest)
{
    struct arch_resume *resume = &rest->resume;

    arguments_get(registers, resume->kept);
    resume->flags = registers->eflags;
    resume->sp = registers->rsp;
    resume->ip = registers->rip;
    registers->rsp = (uint64_t)rest;
    registers->rip = (uint64_t)arch_resume_entry;
}

static void interrupt(struct arch_frame *frame)
{
    struct sigcontext *registers = &frame->registers;
    uint64_t args[6];

    arguments_get(registers, args);
    if (arch_syscall_ahead(frame) == NULL ||
        !syscall_ends_for_handler((int64_t)registers->rax, args))
        return;
    registers->rax = (uint64_t)-EINTR;
    registers->rip += ARCH_SYSCALL_SIZE;
}

static void go_on(const struct thread_slot *slot, struct arch_frame *frame,
                  struct interruption when)
{
    struct sigcontext *registers = &frame->registers;
    const unsigned char *instruction = arch_syscall_behind(frame);
    int64_t result = (int64_t)registers->rax;
    uint64_t args[6];

    if (instruction == NULL || (result <= 0 && result != -EINTR))
        return;
    if (registers->rip == (uint64_t)arch_resume_syscall_end) {
        struct syscall_rest *interrupted = (struct syscall_rest *)registers->rbx;
        interrupted->interrupted = 1;
        if (interrupted->deadline != 0)
            interrupted->deadline += when.lost;
        return;
    }
    int64_t number = syscall_number(slot, frame, instruction);
    struct syscall_rest *rest = rest_place(registers);
    arguments_get(registers, args);
    if (number < 0)
        return;
    if (result > 0) {
        if (syscall_rest_transfer(rest, number, args, result))
            rest_enter(registers, rest);
        return;
    }
    if (!syscall_begins_again(number))
        return;
    uint64_t deadline = hint_applies(registers) && !hint_is_plain() ? syscall_hint.deadline : 0;
    if (deadline != 0)
        deadline = syscall_hint.deadline += when.lost;
    if (syscall_rest_wait(rest, number, args, when.at + when.lost, deadline)) {
        rest_enter(registers, rest);
        return;
    }
    registers->rax = (uint64_t)number;
    registers->rip = (uint64_t)instruction;
}

void syscall_restart(const struct thread_slot *slot, void *ucontext, struct interruption when,
                     enum signal_waiting waiting)
{
    if (waiting == SIGNAL_INTERRUPTS)
        interrupt(ucontext);
    else if (waiting == SIGNAL_NONE)
        go_on(slot, ucontext, when);
}
