/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Memory that a child does not get as it is, and so neither does the snapshot, which is forked: areas with
 * MADV_DONTFORK and MADV_WIPEONFORK, and the locks of mlock. The wrappers notice that the program has such areas, or
 * snapshot.c does when something is missing, and the kernel says how much is locked; which they are is then read from /proc/self/smaps before each snapshot. Around the
 * fork the areas are ordinary. A restored process gives them their advice and locks back. */
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define AREAS_MAX 16384 /* neighbours count once; untouched it costs nothing */

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#define MADV_KEEPONFORK 19
#endif

enum area_flags {
    AREA_DONTFORK = 1,
    AREA_WIPEONFORK = 2,
    AREA_LOCKED = 4,
    AREA_LOCKED_ONCE_TOUCHED = 8,
};

static struct area {
    uint64_t start, size;
    uint32_t flags;
} areas[AREAS_MAX] SELDOM;
static uint32_t area_count;
static volatile bool program_has_some;
static volatile int lock_future; /* flags of the last mlockall with MCL_FUTURE, or 0 */

EXPORT int madvise(void *start, size_t size, int advice)
{
    if (advice == MADV_DONTFORK || advice == MADV_WIPEONFORK)
        program_has_some = true;
    return REAL(madvise)(start, size, advice);
}

/* The kernel does not show what it does with mappings to come. */
EXPORT int mlockall(int flags)
{
    int result = REAL(mlockall)(flags);

    if (result == 0)
        lock_future = (flags & MCL_FUTURE) != 0 ? flags & ~MCL_CURRENT : 0;
    return result;
}

EXPORT int munlockall(void)
{
    int result = REAL(munlockall)();

    if (result == 0)
        lock_future = 0;
    return result;
}

static bool has_locked_memory(void)
{
    char buffer[4096];
    long fd = proc_open("self/status", O_RDONLY);
    long got = fd < 0 ? fd : raw3(SYS_read, fd, buffer, sizeof(buffer) - 1);

    raw1(SYS_close, fd);
    buffer[got > 0 ? got : 0] = 0;
    for (const char *at = buffer; *at != 0; at++) {
        const char *kib = at[0] == 'V' ? text_after(at, "VmLck:") : NULL;
        if (kib == NULL)
            continue;
        while (*kib == ' ' || *kib == '\t')
            kib++;
        return *kib != '0';
    }
    return false;
}

static uint32_t flags_parse(const char *line)
{
    uint32_t flags = 0;

    for (const char *at = line; at[0] != 0 && at[1] != 0; at++) {
        if (at[0] != ' ')
            continue;
        if (at[1] == 'd' && at[2] == 'c')
            flags |= AREA_DONTFORK;
        if (at[1] == 'w' && at[2] == 'f')
            flags |= AREA_WIPEONFORK;
        if (at[1] == 'l' && at[2] == 'o')
            flags |= AREA_LOCKED;
        if (at[1] == 'l' && at[2] == 'f')
            flags |= AREA_LOCKED_ONCE_TOUCHED;
    }
    return flags;
}

/* The first line of an entry is "START-END ...", the last one "VmFlags: rd wr ...". */
static bool line_take(const char *line, struct area *current)
{
    if (text_after(line, "VmFlags:") != NULL) {
        current->flags = flags_parse(line);
        if (current->flags == 0)
            return true;
        struct area *last = area_count > 0 ? &areas[area_count - 1] : NULL;
        if (last != NULL && last->start + last->size == current->start &&
            last->flags == current->flags) {
            last->size += current->size;
            return true;
        }
        if (area_count == AREAS_MAX)
            return false;
        areas[area_count++] = *current;
    } else if ((*line >= '0' && *line <= '9') || (*line >= 'a' && *line <= 'f')) {
        current->start = text_number(&line, 16);
        line++;
        current->size = text_number(&line, 16) - current->start;
    }
    return true;
}

static bool areas_read(long fd)
{
    SELDOM static char buffer[4096];
    struct area current = {0};
    size_t have = 0;
    long got;

    while ((got = raw3(SYS_read, fd, buffer + have, sizeof(buffer) - 1 - have)) > 0) {
        have += (size_t)got;
        buffer[have] = 0;
        char *line = buffer;
        for (char *at = buffer; *at != 0; at++) {
            if (*at != '\n')
                continue;
            *at = 0;
            if (!line_take(line, &current))
                return false;
            line = at + 1;
        }
        have -= (size_t)(line - buffer);
        if (have == sizeof(buffer) - 1)
            have = 0; /* a path too long for a line is of no interest */
        memmove(buffer, line, have);
    }
    return got == 0;
}

void unforked_memory_expect(void)
{
    program_has_some = true;
}

int unforked_memory_save(void)
{
    area_count = 0;
    if (!program_has_some && !has_locked_memory())
        return 0;
    long fd = proc_open("self/smaps", O_RDONLY);
    bool complete = fd >= 0 && areas_read(fd);
    raw1(SYS_close, fd);
    return complete ? 0 : -E2BIG;
}

void unforked_memory_expose(void)
{
    for (uint32_t i = 0; i < area_count; i++) {
        if (areas[i].flags & AREA_DONTFORK)
            raw3(SYS_madvise, areas[i].start, areas[i].size, MADV_DOFORK);
        if (areas[i].flags & AREA_WIPEONFORK)
            raw3(SYS_madvise, areas[i].start, areas[i].size, MADV_KEEPONFORK);
    }
}

void unforked_memory_hide(void)
{
    for (uint32_t i = 0; i < area_count; i++) {
        if (areas[i].flags & AREA_DONTFORK)
            raw3(SYS_madvise, areas[i].start, areas[i].size, MADV_DONTFORK);
        if (areas[i].flags & AREA_WIPEONFORK)
            raw3(SYS_madvise, areas[i].start, areas[i].size, MADV_WIPEONFORK);
    }
}

void unforked_memory_restore(void)
{
    unforked_memory_hide();
    for (uint32_t i = 0; i < area_count; i++) {
        if (areas[i].flags & AREA_LOCKED_ONCE_TOUCHED)
            raw3(SYS_mlock2, areas[i].start, areas[i].size, MLOCK_ONFAULT);
        else if (areas[i].flags & AREA_LOCKED)
            raw2(SYS_mlock, areas[i].start, areas[i].size);
    }
    if (lock_future != 0)
        raw1(SYS_mlockall, lock_future);
}
