/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The supervisor's side of what threads of the tree ask for. A call may arrive in the middle of a checkpoint, so nothing
 * is begun here: it is noted, and the event loop (triggers.c, session.c) does what is due. Callers are known by their
 * process, which may be gone when the answer is. */
#include "supervisor/calls.h"

#include "common/clock.h"
#include "common/log.h"
#include "proc/process_tree.h"
#include "supervisor/triggers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct caller {
    struct caller *next;
    pid_t process; /* outer */
    struct wire_call call;
    bool served;  /* by the checkpoint under way */
    bool certain; /* the sender of the signal is known to be outside */
    uint64_t since_ms;
};

static void answer(struct session *session, pid_t process, const struct wire_call *call,
                   int64_t result, const char *reason)
{
    struct member *member = coordinator_member(&session->coordinator, process, WIRE_KIND_PROCESS);
    struct wire_answer text = {.slot = call->slot, .id = call->id, .result = result};

    if (member == NULL)
        return;
    snprintf(text.reason, sizeof(text.reason), "%s", reason != NULL ? reason : "");
    coordinator_answer(&session->coordinator, member, &text);
}

static struct caller *queue(struct session *session, const struct member *member,
                            const struct wire_call *call)
{
    struct caller *caller = calloc(1, sizeof(*caller));

    if (caller == NULL) {
        answer(session, member->outer, call, call->kind == WIRE_CALL_SIGNAL ? 1 : -1, "no memory");
        return NULL;
    }
    *caller = (struct caller){.next = session->callers,
                              .process = member->outer,
                              .call = *call,
                              .since_ms = clock_monotonic_ms()};
    session->callers = caller;
    return caller;
}

static void drop(struct caller **at)
{
    struct caller *caller = *at;

    *at = caller->next;
    free(caller);
}

/* ---- signals ---- */

enum origin { INSIDE, OUTSIDE, UNKNOWN };

/* Who has sent a signal to a member, as that one sees it. In a capsule everybody else has the number 0; otherwise its
 * numbers are ours, and a sender that has ended meanwhile may have been anybody. */
static enum origin origin_of(const struct session *session, pid_t sender)
{
    struct tree_process process;

    if (session->coordinator.mode == TREE_CAPSULE)
        return sender == 0 ? OUTSIDE : INSIDE;
    if (sender == getpid())
        return INSIDE; /* handed on */
    if (sender <= 0)
        return OUTSIDE;
    for (int depth = 0; depth < 10000; depth++) {
        if (tree_process_read(sender, &process) < 0)
            return depth == 0 ? UNKNOWN : OUTSIDE;
        if (process.outer_parent == getpid())
            return INSIDE;
        if (process.outer_parent <= 1)
            return OUTSIDE;
        sender = process.outer_parent;
    }
    return OUTSIDE;
}

static void on_signal(struct session *session, const struct member *member,
                      const struct wire_call *call)
{
    int number = (int)call->first;
    enum origin origin = origin_of(session, (pid_t)call->second);
    uint64_t bit = number > 0 && number <= 64 ? SIGNAL_BIT(number) : 0;

    if (origin == INSIDE || session->passed_on || session->root_ended) {
        answer(session, member->outer, call, 1, NULL);
        return;
    }
    if ((session->options.signals.stay & bit) != 0) { /* meant for us alone */
        session->stay_wanted |= origin == OUTSIDE;
        answer(session, member->outer, call, origin == UNKNOWN, NULL);
        return;
    }
    struct caller *caller = queue(session, member, call);
    if (caller == NULL)
        return;
    caller->certain = origin == OUTSIDE;
    ckpt_info("process %d holds signal %d from %s", (int)member->inner, number,
              caller->certain ? "outside of the tree" : "somebody who has ended");
    triggers_look(session);
}

bool calls_signals_wait(const struct session *session, uint64_t *ret_since_ms)
{
    bool found = false;

    for (const struct caller *caller = session->callers; caller != NULL; caller = caller->next) {
        if (caller->call.kind != WIRE_CALL_SIGNAL)
            continue;
        if (!found || caller->since_ms < *ret_since_ms)
            *ret_since_ms = caller->since_ms;
        found = true;
    }
    return found;
}

void calls_signals_deliver(struct session *session, bool keep_certain)
{
    for (struct caller **at = &session->callers; *at != NULL;) {
        if ((*at)->call.kind != WIRE_CALL_SIGNAL || (keep_certain && (*at)->certain)) {
            at = &(*at)->next;
            continue;
        }
        answer(session, (*at)->process, &(*at)->call, 1, NULL);
        drop(at);
    }
}

/* ---- checkpoints ---- */

bool calls_want_checkpoint(const struct session *session)
{
    for (const struct caller *caller = session->callers; caller != NULL; caller = caller->next) {
        if (caller->call.kind == WIRE_CALL_REQUEST && !caller->served)
            return true;
    }
    return false;
}

void calls_begin(struct session *session)
{
    for (struct caller *caller = session->callers; caller != NULL; caller = caller->next)
        caller->served |= caller->call.kind == WIRE_CALL_REQUEST;
}

void calls_end(struct session *session, unsigned generation, const char *reason)
{
    for (struct caller **at = &session->callers; *at != NULL;) {
        if ((*at)->call.kind != WIRE_CALL_REQUEST || !(*at)->served) {
            at = &(*at)->next;
            continue;
        }
        answer(session, (*at)->process, &(*at)->call, generation > 0 ? (int64_t)generation : -1,
               reason);
        drop(at);
    }
}

static bool asks(const struct session *session, pid_t process)
{
    for (const struct caller *caller = session->callers; caller != NULL; caller = caller->next) {
        if (caller->process == process && caller->call.kind == WIRE_CALL_REQUEST)
            return true;
    }
    return false;
}

bool calls_hold(const struct session *session)
{
    for (const struct member *member = session->coordinator.members; member != NULL;
         member = member->next) {
        if (member->holding && !asks(session, member->outer))
            return true;
    }
    return false;
}

static void on_call(struct coordinator *coordinator, struct member *member,
                    const struct wire_call *call)
{
    struct session *session = session_of(coordinator);

    switch (call->kind) {
    case WIRE_CALL_HOLD:
        member->holding = call->first != 0;
        answer(session, member->outer, call, 1, NULL);
        if (!member->holding)
            triggers_look(session);
        break;
    case WIRE_CALL_REQUEST:
        queue(session, member, call);
        break;
    case WIRE_CALL_SIGNAL:
        on_signal(session, member, call);
        break;
    default:
        break;
    }
}

void calls_open(struct session *session)
{
    session->coordinator.called = on_call;
}

void calls_close(struct session *session)
{
    while (session->callers != NULL)
        drop(&session->callers);
}
