/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A filter is a program for a machine with two registers and 16 words that can jump forward only, so its answers can be
 * found by running it: where a comparison depends on an argument that is not known beforehand, both ways are gone, and the
 * worst answer counts. */
#include "preload/filter_ask.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SECCOMP_RET_ACTION_FULL
#define SECCOMP_RET_ACTION_FULL 0xffff0000U
#endif
#ifndef SECCOMP_RET_LOG
#define SECCOMP_RET_LOG 0x7ffc0000U
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
