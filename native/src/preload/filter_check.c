/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What a seccomp filter would answer to the system calls of this library. A filter is a program for a machine with two
 * registers and 16 words that can jump forward only, so its answers can be found by running it: where a comparison
 * depends on an argument that is not known beforehand, both ways are gone, and the worst answer counts.
 *
 * The list of calls below is all that the library may do in a thread of the program or in its own. Whoever adds a system
 * call to this folder adds it here. */
#include "preload/filter_check.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef SECCOMP_RET_ACTION_FULL
#define SECCOMP_RET_ACTION_FULL 0xffff0000U
#endif
#ifndef SECCOMP_RET_LOG
#define SECCOMP_RET_LOG 0x7ffc0000U
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define WORDS     16
#define FORKS_MAX 48
#define STEPS_MAX 20000

struct value {
    uint32_t is;
    bool known;
};

struct machine {
    struct value a, x, words[WORDS];
    unsigned at;
};

static struct value known(uint32_t is)
{
    return (struct value){is, true};
}

static const struct value unknown;

static struct value data_load(const struct filter_call *call, uint32_t offset)
{
    if (offset == offsetof(struct seccomp_data, nr))
        return known((uint32_t)call->number);
    if (offset == offsetof(struct seccomp_data, arch))
        return known(AUDIT_ARCH_X86_64);
    if (offset < offsetof(struct seccomp_data, args) || offset >= sizeof(struct seccomp_data))
        return unknown; /* where the instruction lies */
    uint32_t argument = (offset - (uint32_t)offsetof(struct seccomp_data, args)) / 8;
    if ((call->known & 1U << argument) == 0)
        return unknown;
    return known((uint32_t)(call->args[argument] >> (offset % 8 == 0 ? 0 : 32)));
}

static struct value alu(uint16_t operation, struct value a, struct value b)
{
    if (!a.known || !b.known)
        return unknown;
    switch (operation) {
    case BPF_ADD:
        return known(a.is + b.is);
    case BPF_SUB:
        return known(a.is - b.is);
    case BPF_MUL:
        return known(a.is * b.is);
    case BPF_DIV:
        return b.is == 0 ? unknown : known(a.is / b.is);
    case BPF_AND:
        return known(a.is & b.is);
    case BPF_OR:
        return known(a.is | b.is);
    case BPF_XOR:
        return known(a.is ^ b.is);
    case BPF_LSH:
        return known(b.is < 32 ? a.is << b.is : 0);
    case BPF_RSH:
        return known(b.is < 32 ? a.is >> b.is : 0);
    case BPF_NEG:
        return known(-a.is);
    default:
        return unknown;
    }
}

static bool compare(uint16_t operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_JEQ:
        return a == b;
    case BPF_JGT:
        return a > b;
    case BPF_JGE:
        return a >= b;
    default: /* BPF_JSET */
        return (a & b) != 0;
    }
}

static enum filter_answer answer_of(struct value value)
{
    if (!value.known)
        return FILTER_IS_DEADLY;
    switch (value.is & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
        return FILTER_ALLOWS;
    case SECCOMP_RET_ERRNO:
        return FILTER_REFUSES;
    default:
        return FILTER_IS_DEADLY;
    }
}

static struct value load(const struct machine *machine, const struct filter_call *call,
                         const struct sock_filter *instruction)
{
    switch (BPF_MODE(instruction->code)) {
    case BPF_ABS:
        return data_load(call, instruction->k);
    case BPF_LEN:
        return known(sizeof(struct seccomp_data));
    case BPF_IMM:
        return known(instruction->k);
    case BPF_MEM:
        return instruction->k < WORDS ? machine->words[instruction->k] : unknown;
    default:
        return unknown;
    }
}

/* All but returns and jumps. */
static void execute(struct machine *machine, const struct filter_call *call,
                    const struct sock_filter *instruction)
{
    bool by_x = BPF_SRC(instruction->code) == BPF_X;

    switch (BPF_CLASS(instruction->code)) {
    case BPF_LD:
        machine->a = load(machine, call, instruction);
        break;
    case BPF_LDX:
        machine->x = load(machine, call, instruction);
        break;
    case BPF_ST:
        machine->words[instruction->k % WORDS] = machine->a;
        break;
    case BPF_STX:
        machine->words[instruction->k % WORDS] = machine->x;
        break;
    case BPF_ALU:
        machine->a =
            alu(BPF_OP(instruction->code), machine->a, by_x ? machine->x : known(instruction->k));
        break;
    default: /* BPF_MISC */
        if (BPF_MISCOP(instruction->code) == BPF_TAX)
            machine->x = machine->a;
        else
            machine->a = machine->x;
        break;
    }
}

enum filter_answer filter_ask(const struct sock_filter *code, unsigned count,
                              const struct filter_call *call)
{
    struct machine forks[FORKS_MAX];
    unsigned left = 1;
    enum filter_answer worst = FILTER_ALLOWS;

    forks[0] = (struct machine){.a = known(0), .x = known(0)};
    for (int steps = 0; left > 0; steps++) {
        struct machine *machine = &forks[left - 1];
        if (steps == STEPS_MAX || machine->at >= count)
            return FILTER_IS_DEADLY;
        const struct sock_filter *instruction = &code[machine->at++];
        if (BPF_CLASS(instruction->code) == BPF_RET) {
            struct value value =
                BPF_RVAL(instruction->code) == BPF_A ? machine->a : known(instruction->k);
            enum filter_answer answer = answer_of(value);
            if (answer > worst)
                worst = answer;
            if (worst == FILTER_IS_DEADLY)
                return worst;
            left--;
        } else if (BPF_CLASS(instruction->code) != BPF_JMP) {
            execute(machine, call, instruction);
        } else if (BPF_OP(instruction->code) == BPF_JA) {
            machine->at += instruction->k;
        } else {
            struct value b =
                BPF_SRC(instruction->code) == BPF_X ? machine->x : known(instruction->k);
            if (machine->a.known && b.known) {
                bool is = compare(BPF_OP(instruction->code), machine->a.is, b.is);
                machine->at += is ? instruction->jt : instruction->jf;
                continue;
            }
            if (left == FORKS_MAX)
                return FILTER_IS_DEADLY;
            forks[left] = *machine;
            forks[left++].at += instruction->jt;
            machine->at += instruction->jf;
        }
    }
    return worst;
}

/* ---- what we do ---- */

struct need {
    int16_t number;
    uint8_t known;       /* arguments, by bit; no more than the first four */
    bool may_be_refused; /* we go on without */
    uint64_t args[4];
};

#define ANY(name)                                                                                  \
    {                                                                                              \
        SYS_##name, 0, false,                                                                      \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define FIRST(name, first)                                                                         \
    {                                                                                              \
        SYS_##name, 1, false,                                                                      \
        {                                                                                          \
            (uint64_t)(first)                                                                      \
        }                                                                                          \
    }
#define SECOND(name, second)                                                                       \
    {                                                                                              \
        SYS_##name, 2, false,                                                                      \
        {                                                                                          \
            0, (uint64_t)(second)                                                                  \
        }                                                                                          \
    }
#define THIRD(name, third)                                                                         \
    {                                                                                              \
        SYS_##name, 4, false,                                                                      \
        {                                                                                          \
            0, 0, (uint64_t)(third)                                                                \
        }                                                                                          \
    }
#define ALL(name, ...)                                                                             \
    {                                                                                              \
        SYS_##name, 7, false,                                                                      \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define MAYBE(name)                                                                                \
    {                                                                                              \
        SYS_##name, 0, true,                                                                       \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define MAYBE_FIRST(name, first)                                                                   \
    {                                                                                              \
        SYS_##name, 1, true,                                                                       \
        {                                                                                          \
            (uint64_t)(first)                                                                      \
        }                                                                                          \
    }

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
    {SYS_openat, 4, true, {0, 0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC}},
    {SYS_openat, 4, true, {0, 0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC}},
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
