/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * flock, locks of open file descriptions and POSIX locks, also of a file that is mapped: who holds which range, that
 * others cannot take it, and a process that waits for one gets it when it is given up. */
#include "testlib.h"

#include <sys/file.h>
#include <sys/mman.h>

static int set(int fd, int command, short type, off_t start, off_t length)
{
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

    return fcntl(fd, command, &range);
}

static int file(const char *name)
{
    return MUST(open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

static void expect(int fd, short type, off_t start, off_t length, pid_t pid)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};

    MUST(fcntl(fd, F_GETLK, &range));
    CHECK(range.l_type == type, "at %d there is lock type %d", (int)start, range.l_type);
    if (type != F_UNLCK)
        CHECK(range.l_start == start && range.l_len == length && range.l_pid == pid,
              "the lock at %d: %d bytes of process %d", (int)start, (int)range.l_len, range.l_pid);
}

int main(void)
{
    int whole = file("whole"), range = file("range"), posix = file("posix"), other = file("posix");
    int ends[2];
    char byte;

    MUST(pipe(ends));
    MUST(ftruncate(posix, 4096));
    CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, posix, 0) != MAP_FAILED, "mmap");
    MUST(flock(whole, LOCK_EX));
    MUST(set(range, F_OFD_SETLK, F_RDLCK, 10, 5));
    MUST(set(posix, F_SETLK, F_WRLCK, 100, 20));
    MUST(set(posix, F_SETLK, F_RDLCK, 300, 0));
    pid_t child = MUST(fork());
    if (child == 0) {
        MUST(set(posix, F_SETLKW, F_WRLCK, 110, 1));
        MUST(write(ends[1], "l", 1));
        _exit(0);
    }
    wait_asleep(child, child);
    ready();
    wait_go();
    if (sabotaged()) {
        MUST(flock(whole, LOCK_UN));
        close(other);
    }
    int again = file("whole");
    CHECK(flock(again, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK, "flock is gone");
    again = file("range");
    CHECK(set(again, F_OFD_SETLK, F_WRLCK, 14, 1) < 0 && errno == EAGAIN, "the lock of the range");
    CHECK(set(again, F_OFD_SETLK, F_WRLCK, 15, 1) == 0, "the range is too long");
    pid_t looker = MUST(fork());
    if (looker == 0) {
        expect(other, F_WRLCK, 100, 20, getppid());
        expect(other, F_UNLCK, 250, 1, 0);
        expect(other, F_RDLCK, 300, 0, getppid());
        _exit(0);
    }
    expect_exit(looker, 0);
    MUST(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    CHECK(read(ends[0], &byte, 1) < 0, "the waiting process has got the lock");
    MUST(set(posix, F_SETLK, F_UNLCK, 100, 20));
    expect_exit(child, 0);
    CHECK(read(ends[0], &byte, 1) == 1 && byte == 'l', "the waiting process never got the lock");
    pass();
}
