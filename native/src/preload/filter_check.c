/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What the library may do in a thread of the program or in its own, and whether a seccomp filter lets it. Whoever adds a
 * system call to this folder adds it here. */
#include "preload/filter_check.h"

#include "preload/filter_ask.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

struct need {
    int16_t number;
    uint8_t known;       /* arguments, by bit; no more than the first four */
    bool may_be_refused; /* we go on without */
    uint64_t args[4];
};

/* Of any arguments, or of this one or all of them as given; with MAYBE we go on without. */
/* clang-format off */
#define NEED(number, known, may_be_refused, ...) {number, known, may_be_refused, {__VA_ARGS__}}
/* clang-format on */
#define ANY(name)                NEED(SYS_##name, 0, false, 0)
#define FIRST(name, first)       NEED(SYS_##name, 1, false, (uint64_t)(first))
#define SECOND(name, second)     NEED(SYS_##name, 2, false, 0, (uint64_t)(second))
#define THIRD(name, third)       NEED(SYS_##name, 4, false, 0, 0, (uint64_t)(third))
#define ALL(name, ...)           NEED(SYS_##name, 7, false, __VA_ARGS__)
#define MAYBE(name)              NEED(SYS_##name, 0, true, 0)
#define MAYBE_FIRST(name, first) NEED(SYS_##name, 1, true, (uint64_t)(first))
#define MAYBE_THIRD(name, third) NEED(SYS_##name, 4, true, 0, 0, (uint64_t)(third))

static const struct need needs[] = {
    /* threads of the program: parking, being told, going on */
    ANY(rt_sigreturn),
    ANY(gettid),
    ANY(getpid),
    ANY(getppid),
    ANY(clock_gettime),
    SECOND(futex, FUTEX_WAIT_PRIVATE),
    SECOND(futex, FUTEX_WAKE_PRIVATE),
    ANY(sched_yield),
    ANY(nanosleep),
    ANY(clock_nanosleep),
    ANY(ppoll),
    ANY(rt_sigprocmask),
    ANY(rt_sigaction),
    ANY(rt_sigtimedwait),
    ANY(rt_sigpending),
    ANY(rt_tgsigqueueinfo),
    ANY(rt_sigqueueinfo),
    ANY(tgkill),
    FIRST(arch_prctl, 0x1003),       /* ARCH_GET_FS */
    FIRST(arch_prctl, 0x1004),       /* ARCH_GET_GS */
    MAYBE_FIRST(arch_prctl, 0x1011), /* ARCH_GET_CPUID */
    ANY(get_robust_list),
    ANY(getresuid),
    ANY(getresgid),
    ANY(getgroups),
    ANY(setfsuid),
    ANY(setfsgid),
    ANY(capget),
    MAYBE_FIRST(personality, 0xffffffffUL),
    ANY(getpriority),
    ANY(sched_getscheduler),
    ANY(sched_getparam),
    ANY(sched_getaffinity),
    MAYBE(ioprio_get),
    FIRST(prctl, PR_GET_NAME),
    FIRST(prctl, PR_SET_NAME),
    FIRST(prctl, PR_GET_PDEATHSIG),
    FIRST(prctl, PR_GET_SECUREBITS),
    FIRST(prctl, PR_GET_NO_NEW_PRIVS),
    FIRST(prctl, PR_CAPBSET_READ),
    FIRST(prctl, PR_CAP_AMBIENT),
    FIRST(prctl, PR_GET_TIMERSLACK),
    FIRST(prctl, PR_GET_DUMPABLE),
    FIRST(prctl, PR_SET_DUMPABLE),
    FIRST(prctl, PR_GET_CHILD_SUBREAPER),
    FIRST(prctl, 40), /* PR_GET_TID_ADDRESS */
    MAYBE_FIRST(prctl, PR_SET_PDEATHSIG),
    MAYBE_FIRST(prctl, PR_GET_TSC),
    MAYBE_FIRST(prctl, PR_MCE_KILL_GET),
    MAYBE_FIRST(prctl, PR_GET_THP_DISABLE),
    MAYBE_FIRST(prctl, 52), /* PR_GET_SPECULATION_CTRL */
    MAYBE_FIRST(prctl, 58), /* PR_GET_IO_FLUSHER */
    MAYBE_FIRST(prctl, 66), /* PR_GET_MDWE */
    MAYBE_FIRST(prctl, 68), /* PR_GET_MEMORY_MERGE */
    MAYBE_FIRST(prctl, 77), /* PR_TIMER_CREATE_RESTORE_IDS */
    SECOND(fcntl, F_GETFL),
    ANY(getsockopt),
    ANY(read),
    ANY(write),
    ANY(sendto),
    ANY(recvfrom),
    /* noting names and filters */
    THIRD(openat, O_RDONLY),
    THIRD(openat, O_RDONLY | O_DIRECTORY),
    THIRD(openat, O_RDONLY | O_CLOEXEC),
    THIRD(openat, O_PATH | O_CLOEXEC),
    THIRD(openat, O_PATH | O_DIRECTORY | O_CLOEXEC),
    ANY(pread64),
    THIRD(openat, O_PATH | O_CLOEXEC | O_NOFOLLOW),
    THIRD(openat, O_WRONLY | O_APPEND | O_CLOEXEC),
    MAYBE_THIRD(openat, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC),
    MAYBE_THIRD(openat, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC),
    MAYBE(rename),
    ANY(close),
    ANY(fstat),
    ANY(stat),
    ANY(newfstatat),
    ANY(readlinkat),
    ANY(getcwd),
    THIRD(mmap, PROT_READ | PROT_WRITE),
    ANY(munmap),
    MAYBE(process_vm_readv),
    /* the checkpoint thread: its life, and what it asks for the process */
    FIRST(clone,
          CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID),
    FIRST(clone, CLONE_VM | CLONE_VFORK),
    FIRST(clone, SIGCHLD),
    MAYBE(close_range),
    ANY(set_tid_address),
    ALL(socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0),
    ANY(connect),
    ANY(sendmsg),
    ANY(recvmsg),
    ANY(exit),
    ANY(exit_group),
    MAYBE(kill),
    MAYBE(pidfd_open),
    ANY(getdents64),
    ANY(wait4),
    ANY(waitid),
    ANY(pipe2),
    ANY(brk),
    ANY(mincore),
    ANY(getitimer),
    ANY(setitimer),
    ANY(timer_create),
    ANY(timer_settime),
    ANY(timer_gettime),
    ANY(timer_delete),
    ANY(madvise),
    MAYBE(membarrier),
    MAYBE(mq_notify),
    MAYBE(mq_getsetattr),
    MAYBE(getuid),
    MAYBE(access),
    MAYBE(getsid),
    MAYBE(get_mempolicy),
    MAYBE(set_mempolicy),
    MAYBE(pkey_alloc),
    MAYBE(pkey_free),
};

bool filter_permits_us(const struct sock_filter *code, unsigned count)
{
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        const struct need *need = &needs[i];
        struct filter_call call = {.number = need->number, .known = need->known};
        for (int j = 0; j < 4; j++)
            call.args[j] = need->args[j];
        enum filter_answer answer = filter_ask(code, count, &call);
        if (answer == FILTER_IS_DEADLY || (answer == FILTER_REFUSES && !need->may_be_refused))
            return false;
    }
    return true;
}
