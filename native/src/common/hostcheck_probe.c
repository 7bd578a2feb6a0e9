/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Probes of what taking and restoring images needs of the kernel, apart from namespaces. They
 * run in a child of a program that may have other threads: system calls and snprintf only. */
#include "common/hostcheck_probe.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

void probe_ok(struct hostcheck_item *item, const char *detail)
{
    item->ok = true;
    snprintf(item->detail, sizeof(item->detail), "%s", detail);
}

void probe_errno(struct hostcheck_item *item, const char *what)
{
    char words[64];

    item->ok = false;
    snprintf(item->detail, sizeof(item->detail), "%s: %s", what,
             strerror_r(errno, words, sizeof(words)));
}

/* Reads the word at the same address in the child, either way. */
static void read_child(struct hostcheck_item *item, pid_t pid, const uint64_t *word)
{
    uint64_t by_call = 0, by_file = 0;
    struct iovec local = {&by_call, sizeof(by_call)};
    struct iovec remote = {(void *)(uintptr_t)word, sizeof(*word)};
    char path[32];
    cleanup_fd int fd = -1;

    if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != (ssize_t)sizeof(*word) ||
        by_call != *word)
        return probe_errno(item, "process_vm_readv");
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || pread_full(fd, &by_file, sizeof(by_file), (off_t)(uintptr_t)word) < 0)
        return probe_errno(item, "/proc/PID/mem");
    if (by_file != *word)
        return probe_errno(item, "/proc/PID/mem has other content");
    probe_ok(item, "process_vm_readv and /proc/PID/mem");
}

void probe_process_memory(struct hostcheck_item *item)
{
    const uint64_t word = 0x6e662d636b707421;
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    if (pid < 0)
        return probe_errno(item, "fork");
    read_child(item, pid, &word);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

void probe_kcmp(struct hostcheck_item *item)
{
    cleanup_fd int one = open("/dev/null", O_RDONLY | O_CLOEXEC);
    cleanup_fd int same = fcntl(one, F_DUPFD_CLOEXEC, 0);
    cleanup_fd int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_t self = getpid();

    if (one < 0 || same < 0 || other < 0)
        return probe_errno(item, "open /dev/null");
    if (syscall(SYS_kcmp, self, self, KCMP_FILE, one, same) != 0)
        return probe_errno(item, "kcmp");
    if (syscall(SYS_kcmp, self, self, KCMP_FILE, one, other) <= 0) {
        snprintf(item->detail, sizeof(item->detail), "kcmp does not tell descriptors apart");
        return;
    }
    probe_ok(item, "tells shared descriptors");
}

void probe_children(struct hostcheck_item *item)
{
    cleanup_fd int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return probe_errno(item, "/proc/PID/task/TID/children");
    probe_ok(item, "lists the processes of a tree");
}

void probe_pidfd_getfd(struct hostcheck_item *item)
{
    cleanup_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    cleanup_fd int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    cleanup_fd int copy = self < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, self, null, 0);

    if (copy < 0)
        return probe_errno(item, "optional, sockets and locks cannot be carried: pidfd_getfd");
    probe_ok(item, "looks into sockets and locks");
}

void probe_pagemap(struct hostcheck_item *item)
{
    cleanup_fd int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    volatile uint64_t here = 1; /* a page that is present */
    uint64_t entry = 0;
    off_t offset = (off_t)((uintptr_t)&here / (uintptr_t)sysconf(_SC_PAGESIZE) * sizeof(entry));

    if (fd < 0 || pread_full(fd, &entry, sizeof(entry), offset) < 0)
        return probe_errno(item, "/proc/self/pagemap");
    if (!(entry >> 63 & here)) {
        snprintf(item->detail, sizeof(item->detail), "/proc/self/pagemap does not show pages");
        return;
    }
    probe_ok(item, "shows which pages are present");
}

/* The layout of this process's memory, from the numbers after the name in /proc/self/stat. */
static int current_mm_map(struct prctl_mm_map *ret)
{
    enum { FIRST = 3, LAST = 51 };
    uint64_t values[LAST + 1] = {0};
    char text[2048];
    char *at;
    cleanup_fd int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);

    if (n < 0)
        return -1;
    text[n] = '\0';
    at = strrchr(text, ')');
    for (int field = FIRST; at && field <= LAST; field++) {
        at = strchr(at + 1, ' ');
        if (at && field > FIRST)
            values[field] = strtoull(at + 1, NULL, 10);
    }
    if (!at)
        return -1;
    *ret = (struct prctl_mm_map){.start_code = values[26],
                                 .end_code = values[27],
                                 .start_stack = values[28],
                                 .start_data = values[45],
                                 .end_data = values[46],
                                 .start_brk = values[47],
                                 .arg_start = values[48],
                                 .arg_end = values[49],
                                 .env_start = values[50],
                                 .env_end = values[51],
                                 .brk = (uint64_t)syscall(SYS_brk, 0),
                                 .exe_fd = (uint32_t)-1};
    return 0;
}

void probe_mm_map(struct hostcheck_item *item)
{
    struct prctl_mm_map map;

    if (current_mm_map(&map) < 0)
        return probe_errno(item, "/proc/self/stat");
    if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0)
        return probe_errno(item, "PR_SET_MM_MAP");
    probe_ok(item, "sets the memory layout");
}

void probe_close_range(struct hostcheck_item *item)
{
    cleanup_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return probe_errno(item, "open /dev/null");
    if (syscall(SYS_close_range, fd, fd, 0) < 0)
        return probe_errno(item, "close_range");
    if (fcntl(fd, F_GETFD) >= 0) {
        snprintf(item->detail, sizeof(item->detail), "close_range closes nothing");
        return;
    }
    fd = -1;
    probe_ok(item, "closes descriptors");
}

void probe_memfd(struct hostcheck_item *item)
{
    cleanup_fd int fd = memfd_create("hostcheck", MFD_CLOEXEC);

    if (fd < 0)
        return probe_errno(item, "memfd_create");
    if (write_full(fd, "x", 1) < 0)
        return probe_errno(item, "write to a memfd");
    probe_ok(item, "makes memory files");
}
