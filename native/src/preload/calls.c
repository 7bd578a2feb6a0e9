/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What a thread of the program has to ask the coordinator: each call has a place in a table, which the checkpoint thread
 * empties into its connection when it is woken by its signal, and fills with answers. The asking thread waits for a word
 * in memory, so a checkpoint finds it parked there like any other, and no descriptor of the program is involved.
 *
 * In an image such calls have come to their end: the checkpoint asked for is the one restarted from, and a signal that
 * was held is none of the restarted tree's. Called by program.c and outside.c, also in signal handlers. */
#include "preload/calls.h"
#include "preload/futex.h"
#include "preload/text.h"

#include <errno.h>
#include <sys/syscall.h>

#define CALLS_MAX    64
#define CALL_LOOK_NS 50000000L /* after which we look whether there is still somebody to answer */
#define CALL_LONELY_NS                                                                             \
    500000000UL /* how long there may be nobody: the checkpoint thread may just be starting */

enum call_state { CALL_FREE, CALL_TAKEN, CALL_ASKED, CALL_SENT, CALL_DONE, CALL_DROPPED };

struct call {
    volatile uint32_t state;
    struct wire_call asked;
    struct wire_answer answer;
};

SELDOM static struct call calls[CALLS_MAX];
static uint64_t call_ids;

static bool move(struct call *call, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&call->state, &from, to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static struct call *call_take(void)
{
    for (uint32_t i = 0; i < CALLS_MAX; i++) {
        if (move(&calls[i], CALL_FREE, CALL_TAKEN))
            return &calls[i];
    }
    return NULL;
}

/* It lets the signal in only while it waits for a message; see message_receive(). */
static void checkpoint_thread_wake(void)
{
    int tid = preload.checkpoint_tid;
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    info.si_signo = preload.signal;
    info.si_code = SI_QUEUE;
    info.si_ptr = &preload;
    if (tid != 0)
        raw4(SYS_rt_tgsigqueueinfo, preload.pid, tid, preload.signal, &info);
}

static bool is_done(struct call *call)
{
    return __atomic_load_n(&call->state, __ATOMIC_SEQ_CST) == CALL_DONE;
}

/* False: nobody will answer any more, or not in time. */
static bool answer_await(struct call *call, uint64_t deadline)
{
    uint64_t lonely = now_ns() + CALL_LONELY_NS;

    while (!is_done(call)) {
        uint32_t state = call->state;
        uint64_t now = now_ns();
        if (preload.checkpoint_tid != 0)
            lonely = now + CALL_LONELY_NS;
        if (now > lonely || (deadline != 0 && now > deadline))
            return false;
        if (state == CALL_ASKED)
            checkpoint_thread_wake();
        if (state != CALL_DONE)
            futex_wait(&call->state, state, CALL_LOOK_NS);
    }
    return true;
}

struct call *coordinator_ask(enum wire_call_kind kind, int64_t first, int64_t second)
{
    /* A child of vfork has its parent's memory, but is not it. */
    if (!preload.managed || (int)raw0(SYS_getpid) != preload.pid)
        return NULL;
    checkpoint_thread_require();
    struct call *call = call_take();
    if (call == NULL)
        return NULL;
    call->asked = (struct wire_call){
        .kind = kind,
        .slot = (uint32_t)(call - calls),
        .id = __atomic_add_fetch(&call_ids, 1, __ATOMIC_SEQ_CST),
        .first = first,
        .second = second,
    };
    __atomic_store_n(&call->state, CALL_ASKED, __ATOMIC_SEQ_CST);
    return call;
}

bool coordinator_answer(struct call *call, uint64_t deadline, struct wire_answer *ret)
{
    if (call == NULL)
        return false;
    bool answered = answer_await(call, deadline);
    if (answered)
        *ret = call->answer;
    /* An answer that is on its way finds its place taken by nobody else. */
    if (answered || !move(call, CALL_SENT, CALL_DROPPED))
        __atomic_store_n(&call->state, CALL_FREE, __ATOMIC_SEQ_CST);
    return answered;
}

void calls_send(int fd)
{
    struct wire_message message;

    for (uint32_t i = 0; i < CALLS_MAX; i++) {
        if (!move(&calls[i], CALL_ASKED, CALL_SENT))
            continue;
        memset(&message, 0, sizeof(message));
        message.type = WIRE_CALL;
        message.call = calls[i].asked;
        message_send(fd, &message);
    }
}

static void call_end(struct call *call, const struct wire_answer *answer)
{
    if (move(call, CALL_DROPPED, CALL_FREE))
        return;
    call->answer = *answer;
    if (move(call, CALL_SENT, CALL_DONE))
        futex_wake(&call->state);
}

void calls_answer(const struct wire_answer *answer)
{
    if (answer->slot < CALLS_MAX && calls[answer->slot].asked.id == answer->id)
        call_end(&calls[answer->slot], answer);
}

void calls_restored(void)
{
    for (uint32_t i = 0; i < CALLS_MAX; i++) {
        struct wire_answer answer = {.slot = i, .id = calls[i].asked.id};
        if (calls[i].asked.kind == WIRE_CALL_REQUEST)
            answer.result = preload.generation;
        move(&calls[i], CALL_ASKED, CALL_SENT);
        call_end(&calls[i], &answer);
    }
}

void calls_forget(void)
{
    if (call_ids == 0) /* none has been made */
        return;
    for (uint32_t i = 0; i < CALLS_MAX; i++)
        calls[i].state = CALL_FREE;
}
