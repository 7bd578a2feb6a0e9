/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Open files and directories below /proc: of the process itself, read to the end, under two descriptors; of a child, of
 * one that has ended, of one that has been waited for, of a thread, of somebody outside the tree; and of nobody. */
#include "testlib.h"

#include <dirent.h>
#include <pthread.h>

static int proc_open(pid_t pid, const char *rest, int flags)
{
    char path[80];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, rest);
    return (int)MUST(open(path, flags | O_CLOEXEC));
}

static size_t read_all(int fd, char *buffer, size_t size)
{
    size_t got = 0;
    ssize_t more;

    while (got < size && (more = MUST(read(fd, buffer + got, size - got))) > 0)
        got += (size_t)more;
    return got;
}

static bool says(int fd, const char *what)
{
    char buffer[4096] = "";

    MUST(lseek(fd, 0, SEEK_SET));
    read_all(fd, buffer, sizeof(buffer) - 1);
    return strstr(buffer, what) != NULL;
}

static bool is_gone(int fd)
{
    char byte;

    return lseek(fd, 0, SEEK_SET) == 0 && read(fd, &byte, 1) < 0 && errno == ESRCH;
}

static void *thread_main(void *unused)
{
    pause();
    return unused;
}

/* The list of mappings is at its end, begins again for both descriptors, and is that of this process. */
static void maps_check(int maps, int twin)
{
    static char before[65536], now[65536];
    char byte;

    CHECK(read(twin, &byte, 1) == 0, "the mappings are no longer at their end");
    MUST(lseek(maps, 0, SEEK_SET));
    size_t size = read_all(twin, before, 50);
    size += read_all(maps, before + size, sizeof(before) - size);
    int again = proc_open(getpid(), "maps", O_RDONLY);
    CHECK(read_all(again, now, sizeof(now)) == size && memcmp(before, now, size) == 0,
          "the mappings are somebody else's, or the descriptors share no position");
}

int main(void)
{
    static char maps_before[65536];
    char self[32], child_line[32];
    pthread_t thread;
    struct stat status;

    pid_t ended = MUST(fork());
    if (ended == 0)
        _exit(1);
    int zombie = proc_open(ended, "stat", O_RDONLY), dead = proc_open(ended, "status", O_RDONLY);
    pid_t child = MUST(fork());
    if (child == 0) {
        pause();
        _exit(2);
    }
    pid_t passing = MUST(fork());
    if (passing == 0)
        pause();
    int gone = proc_open(passing, "stat", O_RDONLY);
    int gone_directory = proc_open(passing, "fd", O_RDONLY | O_DIRECTORY);
    MUST(kill(passing, SIGKILL));
    status_of(passing);
    if (pthread_create(&thread, NULL, thread_main, NULL) != 0)
        fail("no thread");
    int maps = proc_open(getpid(), "maps", O_RDONLY), twin = (int)MUST(dup(maps));
    int own = proc_open(getpid(), "status", O_RDONLY);
    int theirs = proc_open(child, "status", O_RDONLY),
        tasks = proc_open(getpid(), "task", O_RDONLY);
    int of_thread = (int)MUST(open("/proc/thread-self/comm", O_RDWR | O_CLOEXEC));
    int place = proc_open(child, "", O_PATH | O_DIRECTORY);
    int outside = proc_open(1, "stat", O_RDONLY),
        memory = (int)MUST(open("/proc/meminfo", O_RDONLY));
    read_all(maps, maps_before, sizeof(maps_before));

    snprintf(self, sizeof(self), "\nPid:\t%d\n", (int)getpid());
    snprintf(child_line, sizeof(child_line), "\nPid:\t%d\n", (int)child);
    ready();
    wait_go();
    if (sabotaged())
        MUST(dup2(own, twin));
    maps_check(maps, twin);
    CHECK(says(own, self) && says(theirs, child_line), "the status is somebody else's");
    CHECK(says(zombie, ") Z ") && says(dead, "zombie"), "an ended child has not ended");
    CHECK(is_gone(gone), "a process that is no more has come back");
    char buffer[1000];
    CHECK(syscall(SYS_getdents64, gone_directory, buffer, sizeof(buffer)) <= 0,
          "its directory too");
    MUST(dprintf(of_thread, "renamed"));
    CHECK(says(of_thread, "renamed"), "the name of a thread");
    CHECK(MUST(syscall(SYS_getdents64, tasks, buffer, sizeof(buffer))) > 0, "no list of threads");
    MUST(fstatat(place, "status", &status, 0));
    CHECK(says(memory, "MemTotal"), "/proc/meminfo");
    if (lseek(outside, 0, SEEK_SET) == 0 && read(outside, buffer, 1) < 0)
        CHECK(errno == ESRCH, "somebody outside: %s", strerror(errno));
    MUST(kill(child, SIGKILL));
    CHECK(status_of(ended) == 1 << 8, "status of the zombie");
    CHECK(is_gone(zombie), "a child that has been waited for is not gone");
    pass();
}
