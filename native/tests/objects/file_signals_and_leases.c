/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Descriptors that send signals: a pipe with O_ASYNC, a signal of its choice and the parent as receiver; a socket whose
 * owner gets SIGURG; a lease that is broken by somebody who opens the file. */
#include "testlib.h"

#include <netinet/in.h>
#include <sys/socket.h>

static int wait_signal(int number, int *ret_fd)
{
    sigset_t set;
    siginfo_t info;
    struct timespec limit = {.tv_sec = 5};

    sigemptyset(&set);
    sigaddset(&set, number);
    CHECK(sigtimedwait(&set, &info, &limit) == number, "no signal %d", number);
    *ret_fd = info.si_fd;
    return info.si_code;
}

static void connected(int ret[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listening = MUST(socket(AF_INET, SOCK_STREAM, 0));

    MUST(bind(listening, (struct sockaddr *)&address, size));
    MUST(listen(listening, 1));
    MUST(getsockname(listening, (struct sockaddr *)&address, &size));
    ret[0] = MUST(socket(AF_INET, SOCK_STREAM, 0));
    MUST(connect(ret[0], (struct sockaddr *)&address, size));
    ret[1] = MUST(accept(listening, NULL, NULL));
    close(listening);
}

int main(void)
{
    int ends[2], pair[2], fd;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 3);
    sigaddset(&set, SIGURG);
    sigaddset(&set, SIGIO);
    sigprocmask(SIG_BLOCK, &set, NULL);
    connected(pair);
    MUST(fcntl(pair[1], F_SETOWN, getpid()));
    MUST(pipe(ends));
    pid_t parent = getpid(), child = MUST(fork());
    if (child == 0) { /* the reader asks for signals to its parent */
        MUST(fcntl(ends[0], F_SETSIG, SIGRTMIN + 3));
        MUST(fcntl(ends[0], F_SETOWN, parent));
        MUST(fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK));
        touch("asked");
        wait_for("written", false);
        char byte;
        _exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(ends[0]);
    int file = MUST(open("leased", O_RDONLY | O_CREAT, 0666));
    MUST(fcntl(file, F_SETLEASE, F_RDLCK));
    wait_for("asked", false);
    ready();
    wait_go();
    if (sabotaged())
        MUST(fcntl(pair[1], F_SETOWN, 1));
    CHECK(write(ends[1], "x", 1) == 1, "write: %s", strerror(errno));
    CHECK(wait_signal(SIGRTMIN + 3, &fd) == POLL_IN && fd == ends[0], "from descriptor %d", fd);
    touch("written");
    expect_exit(child, 0);
    CHECK(fcntl(file, F_GETLEASE) == F_RDLCK, "the lease is %d", fcntl(file, F_GETLEASE));
    CHECK(fcntl(pair[1], F_GETOWN) == getpid(), "the owner is %d", fcntl(pair[1], F_GETOWN));
    CHECK(send(pair[0], "!", 1, MSG_OOB) == 1, "send: %s", strerror(errno));
    wait_signal(SIGURG, &fd);
    CHECK(open("leased", O_WRONLY | O_NONBLOCK) == -1 && errno == EWOULDBLOCK,
          "the lease stops nobody");
    wait_signal(SIGIO, &fd);
    MUST(fcntl(file, F_SETLEASE, F_UNLCK));
    pass();
}
