/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What /proc says about the threads of the process, or of another. Called by the checkpoint thread only: its descriptors
 * are its own, so nobody sees the files it opens. */
#include "preload/directory.h"
#include "preload/preload.h"
#include "preload/text.h"

#include <fcntl.h>
#include <sys/syscall.h>

#define SELF 0 /* also where /proc shows other numbers than ours */

static long task_file_open(int pid, const char *tid, const char *name, int flags)
{
    char path[80] = "";

    if (pid == SELF)
        text_append(path, sizeof(path), "self");
    else
        text_append_number(path, sizeof(path), (unsigned long)pid);
    text_append(path, sizeof(path), "/task/");
    text_append(path, sizeof(path), tid);
    text_append(path, sizeof(path), name);
    return proc_open(path, flags);
}

static long task_file_of(int pid, const char *tid, const char *name, char *buffer, size_t size)
{
    long fd = task_file_open(pid, tid, name, O_RDONLY);
    if (fd < 0)
        return fd;
    long got = raw3(SYS_read, fd, buffer, size - 1);
    raw1(SYS_close, fd);
    buffer[got > 0 ? got : 0] = 0;
    return got;
}

/* A process of ours, a child: the kernel tells its number in /proc where that is asked for a descriptor of it. */
static int process_shown(int pid)
{
    char path[64] = "thread-self/fdinfo/", buffer[512];

    if (!proc_is_foreign())
        return pid;
    long process = raw2(SYS_pidfd_open, pid, 0);
    if (process < 0)
        return pid;
    text_append_number(path, sizeof(path), (unsigned long)process);
    long fd = proc_open(path, O_RDONLY);
    long got = raw3(SYS_read, fd, buffer, sizeof(buffer) - 1);
    raw1(SYS_close, fd);
    raw1(SYS_close, process);
    buffer[got > 0 ? got : 0] = 0;
    for (const char *at = buffer; *at != 0; at++) {
        const char *rest = text_after(at, "\nPid:\t");
        if (rest != NULL)
            return (int)text_number(&rest, 10);
    }
    return pid;
}

/* A thread of ours. */
static int task_shown(int tid)
{
    if (!proc_is_foreign())
        return tid;
    if (tid == preload.pid)
        return proc_own_number();
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        if (preload.slots[i].tid == tid)
            return preload.slots[i].shown;
    }
    return tid;
}

static long task_file_read(int tid, const char *name, char *buffer, size_t size)
{
    char number[24] = "";

    text_append_number(number, sizeof(number), (unsigned long)task_shown(tid));
    return task_file_of(SELF, number, name, buffer, size);
}

/* The letter behind the name, which may hold anything. */
static char state_of(const char *stat)
{
    char state = 0;

    for (const char *at = stat; *at != 0; at++) {
        if (at[0] == ')' && at[1] == ' ')
            state = at[2];
    }
    return state;
}

char task_state(int tid)
{
    char buffer[512];

    return task_file_read(tid, "/stat", buffer, sizeof(buffer)) <= 0 ? 0 : state_of(buffer);
}

/* What a stopped thread was in the middle of is shown when it no longer runs, for which the kernel waits. */
static void stopped_task_await(int pid, const char *tid)
{
    char buffer[512];

    while (task_file_of(pid, tid, "/syscall", buffer, sizeof(buffer)) > 0 && buffer[0] == 'r' &&
           task_file_of(pid, tid, "/stat", buffer, sizeof(buffer)) > 0 && state_of(buffer) == 'T')
        raw0(SYS_sched_yield);
}

void stopped_tasks_await(int pid)
{
    char buffer[2048];

    pid = process_shown(pid);
    long got, dir = task_file_open(pid, "", "", O_RDONLY | O_DIRECTORY);

    while (dir >= 0 && (got = raw3(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < got;) {
            const struct directory_entry *entry = (const void *)(buffer + at);
            if (entry->name[0] != '.')
                stopped_task_await(pid, entry->name);
            at += entry->length;
        }
    }
    raw1(SYS_close, dir);
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

/* The last of its numbers, which begin with the one in /proc, is the one that it has itself. */
int task_of_shown(int shown)
{
    char number[24] = "", buffer[2048];
    int tid = 0;

    if (!proc_is_foreign())
        return shown;
    text_append_number(number, sizeof(number), (unsigned long)shown);
    if (task_file_of(SELF, number, "/status", buffer, sizeof(buffer)) <= 0)
        return 0;
    for (const char *at = buffer; *at != 0; at++) {
        const char *rest = text_after(at, "\nNSpid:");
        while (rest != NULL && *rest == '\t') {
            rest++;
            tid = (int)text_number(&rest, 10);
        }
        if (rest != NULL)
            return tid;
    }
    return 0;
}
