/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What programs may call themselves (include/ckpt.h), and `ckpt checkpoint` inside of a tree. That one cannot be the
 * statically linked ckpt, since its image would be missing from the checkpoint it asks for: ckpt becomes, by exec, any
 * dynamically linked program, and never gets to the beginning of that. */
#include "preload/calls.h"
#include "preload/futex.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_CHECKPOINT 175

static volatile uint32_t holding;

EXPORT int ckpt_request(void);
EXPORT int ckpt_hold(int on);

EXPORT int ckpt_request(void)
{
    struct wire_answer answer;

    if (!coordinator_answer(coordinator_ask(WIRE_CALL_REQUEST, 0, 0), 0, &answer))
        return 0;
    return (int)answer.result;
}

EXPORT int ckpt_hold(int on)
{
    struct wire_answer answer;

    holding = on != 0;
    return coordinator_answer(coordinator_ask(WIRE_CALL_HOLD, on != 0, 0), 0, &answer);
}

/* For the header, whose functions have the names above. */
EXPORT int libckpt_request(void) __attribute__((alias("ckpt_request")));
EXPORT int libckpt_hold(int on) __attribute__((alias("ckpt_hold")));

void program_hold_again(int fd)
{
    struct wire_message message = {.type = WIRE_CALL,
                                   .call = {.kind = WIRE_CALL_HOLD, .slot = ~0U, .first = 1}};

    if (holding)
        message_send(fd, &message);
}

void program_forked(void)
{
    if (holding != 0)
        holding = 0;
    calls_forget();
}

/* In one piece, as others may write there too. */
static void say(int fd, char *line)
{
    size_t length = text_length(line);

    line[length] = '\n';
    raw3(SYS_write, fd, line, length + 1);
}

void program_is_request(char *const *environment)
{
    const char *limit = environment_get(environment, "CKPT_CALL");
    struct wire_answer answer = {0};
    char line[sizeof(answer.reason) + 64] = "";

    if (limit == NULL)
        return;
    uint64_t deadline = now_ns() + text_number(&limit, 10) * 1000000ULL;
    bool answered = coordinator_answer(coordinator_ask(WIRE_CALL_REQUEST, 0, 0), deadline, &answer);
    if (answered && answer.result > 0) {
        text_append(line, sizeof(line), "generation ");
        text_append_number(line, sizeof(line), (unsigned long)answer.result);
        say(STDOUT_FILENO, line);
        raw1(SYS_exit_group, 0);
    }
    text_append(line, sizeof(line), "ckpt: no checkpoint: ");
    text_append(line, sizeof(line), answered ? answer.reason : "no answer in time");
    say(STDERR_FILENO, line);
    raw1(SYS_exit_group, EXIT_CHECKPOINT);
}
