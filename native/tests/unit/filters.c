/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What is foretold of seccomp filters: the answer to a call of which some arguments are known. */
#include "unit.h"

#include "preload/filter_ask.h"
#include "preload/filter_check.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define COUNT(code) ((unsigned)(sizeof(code) / sizeof((code)[0])))
#define LOAD(field)                                                                                \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(what)       BPF_STMT(BPF_RET | BPF_K, what)

/* Refuses CLONE_NEWUSER as containers do, kills for ptrace, and allows all else. */
static const struct sock_filter container[] = {
    LOAD(arch),
    IS(AUDIT_ARCH_X86_64, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    IS(SYS_ptrace, 0, 1),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    IS(SYS_clone, 0, 3),
    LOAD(args),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x10000000, 0, 1),
    RETURN(SECCOMP_RET_ERRNO | 1),
    RETURN(SECCOMP_RET_ALLOW),
};

static enum filter_answer ask(const struct sock_filter *code, unsigned count, int number,
                              unsigned known, unsigned long first)
{
    struct filter_call call = {.number = number, .known = known, .args = {first}};

    return filter_ask(code, count, &call);
}

TEST(known_arguments_decide)
{
    CHECK_INT(ask(container, COUNT(container), SYS_clone, 1, 17), FILTER_ALLOWS);
    CHECK_INT(ask(container, COUNT(container), SYS_clone, 1, 0x10000000), FILTER_REFUSES);
    CHECK_INT(ask(container, COUNT(container), SYS_read, 0, 0), FILTER_ALLOWS);
    CHECK_INT(ask(container, COUNT(container), SYS_ptrace, 0, 0), FILTER_IS_DEADLY);
}

TEST(of_unknown_arguments_the_worst_counts)
{
    CHECK_INT(ask(container, COUNT(container), SYS_clone, 0, 0), FILTER_REFUSES);
}

TEST(filters_of_containers_permit_checkpoints)
{
    CHECK(filter_permits_us(container, COUNT(container)));
}

TEST(what_stops_a_checkpoint_is_found)
{
    const int deadly[] = {SYS_rt_sigreturn, SYS_futex, SYS_socket, SYS_getdents64, SYS_capget};

    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        const struct sock_filter code[] = {LOAD(nr), IS((uint32_t)deadly[i], 0, 1),
                                           RETURN(SECCOMP_RET_ERRNO | 1),
                                           RETURN(SECCOMP_RET_ALLOW)};
        CHECK(!filter_permits_us(code, COUNT(code)));
    }
}

/* Only prctl(PR_GET_SPECULATION_CTRL), without which we go on: an error will do, a signal will not. */
TEST(what_is_done_without_may_be_refused)
{
    struct sock_filter code[] = {LOAD(nr),
                                 IS(SYS_prctl, 0, 3),
                                 LOAD(args),
                                 IS(PR_GET_SPECULATION_CTRL, 0, 1),
                                 RETURN(SECCOMP_RET_ERRNO | 1),
                                 RETURN(SECCOMP_RET_ALLOW)};

    CHECK(filter_permits_us(code, COUNT(code)));
    code[4].k = SECCOMP_RET_TRAP;
    CHECK(!filter_permits_us(code, COUNT(code)));
}

TEST(arithmetic_words_and_registers_are_followed)
{
    const struct sock_filter code[] = {
        LOAD(nr),                                    /* a = nr */
        BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 4),      /* a = nr * 16 */
        BPF_STMT(BPF_ST, 7),                         /* m[7] */
        BPF_STMT(BPF_LDX | BPF_W | BPF_MEM, 7),      /* x = nr * 16 */
        BPF_STMT(BPF_LD | BPF_IMM, SYS_getpid * 16), /* a */
        BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0),
        IS(0, 0, 1),
        RETURN(SECCOMP_RET_TRACE),
        RETURN(SECCOMP_RET_LOG),
    };

    CHECK_INT(ask(code, COUNT(code), SYS_getpid, 0, 0), FILTER_IS_DEADLY);
    CHECK_INT(ask(code, COUNT(code), SYS_getppid, 0, 0), FILTER_ALLOWS);
}

TEST(a_filter_that_asks_too_much_is_not_trusted)
{
    struct sock_filter code[1001];

    /* Each asks for another bit of the same unknown word: more ways than anybody follows. */
    for (int i = 0; i < 500; i++) {
        code[2 * i] = (struct sock_filter)LOAD(args[3]);
        code[2 * i + 1] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1U << i % 32, 1, 0);
    }
    code[1000] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    CHECK_INT(ask(code, COUNT(code), SYS_read, 0, 0), FILTER_IS_DEADLY);
    CHECK_INT(ask(code, COUNT(code), SYS_read, 8, 0), FILTER_ALLOWS);
}

TEST(a_filter_without_an_end_is_not_trusted)
{
    const struct sock_filter code[] = {LOAD(nr)};

    CHECK_INT(ask(code, COUNT(code), SYS_read, 0, 0), FILTER_IS_DEADLY);
}
