/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* System calls that wait for bytes, or for room for bytes. */
#include "waiting.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static void byte(void)
{
    MUST(write(out, "x", 1));
}

static void two_bytes(void)
{
    MUST(write(out, "yz", 2));
}

static void take_read(void)
{
    char c;
    WANT(read(in, &c, 1), 1);
}

static void take_readv(void)
{
    char c;
    struct iovec part = {&c, 1};
    WANT(readv(in, &part, 1), 1);
}

static void take_recv(void)
{
    char c;
    WANT(recv(in, &c, 1, 0), 1);
}

static void take_recvmsg(void)
{
    char c;
    struct iovec part = {&c, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    WANT(recvmsg(in, &message, 0), 1);
}

static void take_recvmmsg(void)
{
    char c;
    struct iovec part = {&c, 1};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
    WANT(recvmmsg(in, &message, 1, 0, NULL), 1);
}

static void take_with_limit_of_socket(void)
{
    struct timeval limit = {.tv_sec = 500};
    char c;
    MUST(setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
    WANT(read(in, &c, 1), 1);
}

static void take_all(void)
{
    char text[4] = "";
    struct iovec parts[2] = {{text, 1}, {text + 1, 2}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    MUST(write(out, "x", 1));
    WANT(recvmsg(in, &message, MSG_WAITALL), 3);
    CHECK(strcmp(text, "xyz") == 0, "received '%s'", text);
}

static void take_all_at_once(void)
{
    char text[4] = "";
    MUST(write(out, "x", 1));
    WANT(recv(in, text, 3, MSG_WAITALL), 3);
    CHECK(strcmp(text, "xyz") == 0, "received '%s'", text);
}

static void take_splice(void)
{
    int p[2];
    MUST(pipe(p));
    WANT(splice(in, NULL, p[1], NULL, 1, 0), 1);
}

static void take_tee(void)
{
    int p[2];
    MUST(pipe(p));
    WANT(tee(in, p[1], 1, 0), 1);
}

static void wait_poll(void)
{
    struct pollfd fd = {.fd = in, .events = POLLIN};
    WANT(poll(&fd, 1, FOREVER), 1);
}

static void wait_ppoll(void)
{
    struct pollfd fd = {.fd = in, .events = POLLIN};
    sigset_t none;
    sigemptyset(&none);
    WANT(ppoll(&fd, 1, NULL, &none), 1);
}

static void wait_poll_raw(void)
{
    struct pollfd fd = {.fd = in, .events = POLLIN};
    WANT(syscall(SYS_poll, &fd, 1, 500000), 1);
}

static void wait_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(in, &set);
    WANT(select(in + 1, &set, NULL, NULL, NULL), 1);
}

static void wait_pselect(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(in, &set);
    WANT(pselect(in + 1, &set, NULL, NULL, NULL, NULL), 1);
}

static int watched(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int fd = MUST(epoll_create1(0));
    MUST(epoll_ctl(fd, EPOLL_CTL_ADD, in, &event));
    return fd;
}

static void wait_epoll(void)
{
    struct epoll_event event;
    WANT(epoll_wait(watched(), &event, 1, FOREVER), 1);
}

static void wait_epoll_pwait(void)
{
    struct epoll_event event;
    sigset_t none;
    sigemptyset(&none);
    WANT(epoll_pwait(watched(), &event, 1, FOREVER, &none), 1);
}

static void wait_epoll_pwait2(void)
{
    struct epoll_event event;
    struct timespec limit = {.tv_sec = 500};
    WANT(epoll_pwait2(watched(), &event, 1, &limit, NULL), 1);
}

/* ---- writing more than there is room for ---- */

#define PLENTY (1 << 20)
static char plenty[PLENTY];

static void give(void)
{
    fill(plenty, PLENTY, 3);
    WANT(write(in, plenty, PLENTY), PLENTY);
}

static void give_parts(void)
{
    struct iovec parts[3] = {
        {plenty, 100}, {plenty + 100, PLENTY - 200}, {plenty + PLENTY - 100, 100}};
    fill(plenty, PLENTY, 3);
    WANT(writev(in, parts, 3), PLENTY);
}

static void give_message(void)
{
    struct iovec parts[2] = {{plenty, 100000}, {plenty + 100000, PLENTY - 100000}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    fill(plenty, PLENTY, 3);
    WANT(sendmsg(in, &message, 0), PLENTY);
}

static void give_send(void)
{
    fill(plenty, PLENTY, 3);
    WANT(send(in, plenty, PLENTY, 0), PLENTY);
}

static void give_raw(void)
{
    fill(plenty, PLENTY, 3);
    WANT(syscall(SYS_write, in, plenty, PLENTY), PLENTY);
}

static void give_file(void)
{
    FILE *file = tmpfile();
    fill(plenty, PLENTY, 3);
    WANT(fwrite(plenty, 1, PLENTY, file), PLENTY);
    fflush(file);
    off_t at = 0;
    WANT(sendfile(in, fileno(file), &at, PLENTY), PLENTY);
}

static void swallow(void)
{
    size_t have = 0;
    ssize_t got;
    while (have < PLENTY && (got = read(out, plenty + have, PLENTY - have)) > 0)
        have += (size_t)got;
    CHECK(have == PLENTY && first_wrong(plenty, PLENTY, 3) < 0,
          "%zu bytes, the first wrong one: %ld", have, first_wrong(plenty, PLENTY, 3));
}

static const struct call calls[] = {
    {"read", take_read, byte, false},
    {"readv", take_readv, byte, false},
    {"recv", take_recv, byte, SOCKETS},
    {"recvmsg", take_recvmsg, byte, SOCKETS},
    {"recvmmsg", take_recvmmsg, byte, SOCKETS},
    {"SO_RCVTIMEO", take_with_limit_of_socket, byte, SOCKETS},
    {"recvmsg, MSG_WAITALL", take_all, two_bytes, SOCKETS},
    {"recv, MSG_WAITALL", take_all_at_once, two_bytes, SOCKETS},
    {"splice", take_splice, byte, false},
    {"tee", take_tee, byte, false},
    {"poll", wait_poll, byte, false},
    {"ppoll", wait_ppoll, byte, false},
    {"poll through syscall()", wait_poll_raw, byte, false},
    {"select", wait_select, byte, false},
    {"pselect", wait_pselect, byte, false},
    {"epoll_wait", wait_epoll, byte, false},
    {"epoll_pwait", wait_epoll_pwait, byte, SOCKETS},
    {"epoll_pwait2", wait_epoll_pwait2, byte, false},
    {"write", give, swallow, SOCKETS},
    {"writev", give_parts, swallow, SOCKETS},
    {"sendmsg", give_message, swallow, SOCKETS},
    {"send", give_send, swallow, SOCKETS},
    {"write through syscall()", give_raw, swallow, SOCKETS},
    {"sendfile", give_file, swallow, SOCKETS},
};

int main(void)
{
    calls_run(calls, sizeof(calls) / sizeof(calls[0]));
    pass();
}
