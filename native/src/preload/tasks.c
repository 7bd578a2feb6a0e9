/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What /proc/self/task says about the threads of the process. Called by the checkpoint thread only: its descriptors are
 * its own, so nobody sees the files it opens. */
#include "preload/preload.h"
#include "preload/text.h"

#include <fcntl.h>
#include <sys/syscall.h>

static long task_file_read(int tid, const char *name, char *buffer, size_t size)
{
    char path[64] = "/proc/self/task/";

    text_append_number(path, sizeof(path), (unsigned long)tid);
    text_append(path, sizeof(path), name);
    long fd = raw4(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0)
        return fd;
    long got = raw3(SYS_read, fd, buffer, size - 1);
    raw1(SYS_close, fd);
    buffer[got > 0 ? got : 0] = 0;
    return got;
}

char task_state(int tid)
{
    char buffer[512];
    char state = 0;

    if (task_file_read(tid, "/stat", buffer, sizeof(buffer)) <= 0)
        return 0;
    for (const char *at = buffer; *at != 0; at++) {
        if (at[0] == ')' && at[1] == ' ')
            state = at[2];
    }
    return state;
}

/* "NR 0xARG*6 0xSP 0xPC", or "running", or "-1 0xSP 0xPC". */
void task_syscall_note(struct thread_slot *slot)
{
    char buffer[256];
    const char *at = buffer;

    slot->syscall.number = -1;
    if (task_file_read(slot->tid, "/syscall", buffer, sizeof(buffer)) <= 0 || *at < '0' ||
        *at > '9')
        return;
    slot->syscall.number = (int64_t)text_number(&at, 10);
    for (int i = 0; i < 8; i++) {
        while (*at == ' ')
            at++;
        uint64_t value = text_number(&at, 16);
        if (i < 6)
            slot->syscall.args[i] = value;
        else if (i == 6)
            slot->syscall.sp = value;
        else
            slot->syscall.pc = value;
    }
}

bool task_blocks_signal(int tid)
{
    char buffer[2048];

    if (task_file_read(tid, "/status", buffer, sizeof(buffer)) <= 0)
        return false;
    for (const char *at = buffer; *at != 0; at++) {
        const char *rest = text_after(at, "\nSigBlk:\t");
        if (rest != NULL)
            return (text_number(&rest, 16) & BIT(preload.signal)) != 0;
    }
    return false;
}
