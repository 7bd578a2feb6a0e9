/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Waits that go on with the time they had left, and transfers that go on with the bytes that were left. See
 * syscall_rest.h. syscall_go_on() runs in place of the program's system call, outside any handler: further checkpoints
 * and the program's own signals reach it there as they would in the kernel. It is compiled for general registers
 * only, since a system call changes no others. */
#include "preload/syscall_rest.h"
#include "preload/futex.h"
#include "preload/syscalls.h"
#include "preload/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#define NS_PER_S 1000000000ULL

/* ---- time ---- */

static void left_set(struct syscall_rest *rest)
{
    uint64_t now = now_ns();
    uint64_t left = now < rest->deadline ? rest->deadline - now : 0;

    rest->left.tv_sec = (time_t)(left / NS_PER_S);
    rest->left.tv_nsec = (long)(left % NS_PER_S);
}

static long wait_go_on(struct syscall_rest *rest)
{
    long result;

    do {
        rest->interrupted = 0;
        if (rest->deadline != 0)
            left_set(rest);
        if (rest->milliseconds)
            rest->resume.args[rest->time_argument] =
                (uint64_t)rest->left.tv_sec * 1000 +
                (uint64_t)(rest->left.tv_nsec + 999999) / 1000000;
        result = arch_resume_syscall(&rest->resume);
    } while (result == -EINTR && rest->interrupted);
    if (result == -EINTR && rest->left_for_program != NULL) {
        if (rest->deadline != 0)
            left_set(rest);
        *rest->left_for_program = rest->left;
    }
    return result;
}

static bool relative_limit_find(struct syscall_rest *rest, int64_t number, const uint64_t args[6])
{
    int index = syscall_time_argument(number, args);

    rest->time_argument = index;
    rest->milliseconds = syscall_counts_milliseconds(number);
    return index >= 0 && (rest->milliseconds ? (int32_t)args[index] > 0 : args[index] != 0);
}

/* A sleep on a clock of CPU time: only the kernel knows what is left, and tells in the last argument. */
static bool is_cpu_clock(int64_t number, const uint64_t args[6])
{
    int32_t clock = (int32_t)args[0];

    return number == SYS_clock_nanosleep &&
           (clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t time_asked(const struct syscall_rest *rest, const uint64_t args[6])
{
    const struct timespec *limit = (const struct timespec *)args[rest->time_argument];

    if (rest->milliseconds)
        return args[rest->time_argument] * 1000000ULL;
    return (uint64_t)limit->tv_sec * NS_PER_S + (uint64_t)limit->tv_nsec;
}

/* For the two sleeps, where the kernel stores what was left. */
static void sleep_begin(struct syscall_rest *rest, int64_t number, const uint64_t args[6],
                        uint64_t now)
{
    int index = number == SYS_nanosleep ? 1 : 3;

    rest->left_for_program = (struct timespec *)args[index];
    if (rest->left_for_program != NULL)
        rest->left = *rest->left_for_program;
    if (is_cpu_clock(number, args)) {
        rest->deadline = 0;
        if (rest->left_for_program == NULL)
            rest->left = *(const struct timespec *)args[2];
    } else if (rest->left_for_program != NULL) {
        rest->deadline =
            now + (uint64_t)rest->left.tv_sec * NS_PER_S + (uint64_t)rest->left.tv_nsec;
    }
    rest->resume.args[index] = (uint64_t)&rest->left;
}

static bool socket_limit_find(struct syscall_rest *rest, int64_t number, const uint64_t args[6],
                              uint64_t now)
{
    struct {
        int64_t seconds, microseconds;
    } limit = {0};
    int size = sizeof(limit), option = syscall_socket_limit(number);

    if (option == 0 || raw5(SYS_getsockopt, args[0], SOL_SOCKET, option, &limit, &size) < 0 ||
        (limit.seconds == 0 && limit.microseconds == 0))
        return false;
    rest->kind = REST_SOCKET;
    rest->deadline = now + (uint64_t)limit.seconds * NS_PER_S + (uint64_t)limit.microseconds * 1000;
    rest->time_argument = option == SO_RCVTIMEO ? POLLIN : POLLOUT;
    return true;
}

static void rest_init(struct syscall_rest *rest, int64_t number, const uint64_t args[6])
{
    memset(rest, 0, sizeof(*rest));
    rest->resume.number = (uint64_t)number;
    memcpy(rest->resume.args, args, sizeof(rest->resume.args));
}

bool syscall_rest_wait(struct syscall_rest *rest, int64_t number, const uint64_t args[6],
                       uint64_t now, uint64_t deadline)
{
    rest_init(rest, number, args);
    if (socket_limit_find(rest, number, args, now))
        return true;
    if (!relative_limit_find(rest, number, args))
        return false;
    rest->kind = REST_WAIT;
    rest->deadline = deadline != 0 ? deadline : now + time_asked(rest, args);
    if (number == SYS_nanosleep || number == SYS_clock_nanosleep)
        sleep_begin(rest, number, args, now);
    if (!rest->milliseconds)
        rest->resume.args[rest->time_argument] = (uint64_t)&rest->left;
    return true;
}

/* The limit is the socket's own and cannot be shortened for one call: what is left of it is spent in poll. */
static long socket_go_on(struct syscall_rest *rest)
{
    struct arch_resume call = rest->resume;
    struct pollfd ready = {.fd = (int)call.args[0], .events = (short)rest->time_argument};
    long result;

    do {
        rest->resume.number = SYS_ppoll;
        rest->resume.args[0] = (uint64_t)&ready;
        rest->resume.args[1] = 1;
        rest->resume.args[2] = (uint64_t)&rest->left;
        rest->resume.args[3] = 0;
        left_set(rest);
        rest->interrupted = 0;
        result = arch_resume_syscall(&rest->resume);
        if (result == 0)
            return -EAGAIN;
        if (result < 0)
            continue;
        rest->interrupted = 0;
        rest->resume = call;
        result = arch_resume_syscall(&rest->resume);
    } while (result == -EINTR && rest->interrupted);
    rest->resume = call;
    return result;
}

/* ---- bytes ---- */

/* Moves on by that many bytes; false when there is nothing left. */
static bool transfer_advance(struct syscall_rest *rest, uint64_t size)
{
    uint64_t *args = rest->resume.args;

    args[rest->size_argument] -= size;
    if (rest->buffer_argument >= 0)
        args[rest->buffer_argument] += size;
    while (args[rest->size_argument] == 0 && rest->part_count > 0) {
        args[rest->buffer_argument] = (uint64_t)rest->parts->iov_base;
        args[rest->size_argument] = rest->parts->iov_len;
        rest->parts++;
        rest->part_count--;
    }
    return args[rest->size_argument] > 0;
}

static long transfer_go_on(struct syscall_rest *rest)
{
    for (;;) {
        uint64_t wanted = rest->resume.args[rest->size_argument];
        rest->interrupted = 0;
        long result = arch_resume_syscall(&rest->resume);
        if (result == -EINTR && rest->interrupted)
            continue;
        if (result <= 0)
            return rest->done;
        rest->done += result;
        bool more = transfer_advance(rest, (uint64_t)result);
        if (!more || ((uint64_t)result < wanted && !rest->interrupted))
            return rest->done;
    }
}

/* Vectors go on one part at a time, with the call that moves a single buffer. */
static bool parts_begin(struct syscall_rest *rest, int64_t number, const uint64_t args[6])
{
    const struct msghdr *message = (const struct msghdr *)args[1];
    uint64_t *to = rest->resume.args;

    memset(&to[1], 0, 5 * sizeof(*to));
    if (number == SYS_writev) {
        rest->resume.number = SYS_write;
        rest->parts = (const struct iovec *)args[1];
        rest->part_count = args[2];
    } else {
        rest->resume.number = number == SYS_sendmsg ? SYS_sendto : SYS_recvfrom;
        rest->parts = message->msg_iov;
        rest->part_count = message->msg_iovlen;
        to[3] = args[2];
    }
    rest->buffer_argument = 1;
    rest->size_argument = 2;
    return transfer_advance(rest, 0);
}

static bool is_blocking(int fd)
{
    long flags = raw2(SYS_fcntl, fd, F_GETFL);

    return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

bool syscall_rest_transfer(struct syscall_rest *rest, int64_t number, const uint64_t args[6],
                           int64_t done)
{
    rest_init(rest, number, args);
    rest->kind = REST_TRANSFER;
    if (!syscall_moves_all(number, args, &rest->buffer_argument, &rest->size_argument))
        return false;
    if (rest->size_argument < 0 && !parts_begin(rest, number, args))
        return false;
    rest->done = done;
    for (uint64_t left = (uint64_t)done; left > 0;) {
        uint64_t size = rest->resume.args[rest->size_argument];
        uint64_t step = left < size ? left : size;
        left -= step;
        if (!transfer_advance(rest, step))
            return false; /* all has been moved */
    }
    return number == SYS_getrandom || is_blocking((int)args[0]);
}

long syscall_go_on(struct arch_resume *resume)
{
    struct syscall_rest *rest = (struct syscall_rest *)resume;

    switch (rest->kind) {
    case REST_WAIT:
        return wait_go_on(rest);
    case REST_SOCKET:
        return socket_go_on(rest);
    default:
        return transfer_go_on(rest);
    }
}
