/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The table of file numbers is read when somebody asks for a number for the first time, into memory of the process's
 * own: no descriptor and no mapping of the store stays. Without a restart that made files anew there is none. */
#include "preload/numbers.h"

#include "preload/notes.h"
#include "preload/pages.h"
#include "preload/preload.h"
#include "preload/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define SIZE_LIMIT (1L << 32)
#define FORMER     4 /* rounds that a thread may sleep through in the middle of reading */

static const struct numbers none;
static const struct numbers *current; /* NULL: not looked for yet; &none: there is nothing to say */
static const struct numbers *former[FORMER]; /* somebody may still be reading one */
static uint32_t numbers_rounds;

uint32_t numbers_round(void)
{
    return __atomic_load_n(&numbers_rounds, __ATOMIC_ACQUIRE);
}

static void table_free(const struct numbers *table)
{
    if (table != NULL && table != &none)
        raw2(SYS_munmap, table, numbers_size(table->file_count, table->device_count));
}

static bool read_all(int fd, char *to, long size)
{
    for (long at = 0, got; at < size; at += got) {
        got = raw4(SYS_pread64, fd, to + at, size - at, at);
        if (got == -EINTR)
            got = 0;
        else if (got <= 0)
            return false;
    }
    return true;
}

static bool is_sound(const struct numbers *table, long size)
{
    return table->magic == NUMBERS_MAGIC &&
           numbers_size(table->file_count, table->device_count) == (uint64_t)size;
}

static const struct numbers *table_read(int fd)
{
    struct stat status;

    if (raw2(SYS_fstat, fd, &status) < 0 || status.st_size < (long)sizeof(struct numbers) ||
        status.st_size > SIZE_LIMIT)
        return &none;
    struct numbers *table = pages_new((size_t)status.st_size);
    if (table == NULL)
        return &none;
    if (read_all(fd, (char *)table, status.st_size) && is_sound(table, status.st_size))
        return table;
    raw2(SYS_munmap, table, status.st_size);
    return &none;
}

/* NULL: it cannot be said now. */
static const struct numbers *table_find(void)
{
    const struct numbers *table = NULL;
    int store = notes_store_open();
    long fd = store < 0 ? store : raw4(SYS_openat, store, NUMBERS_NAME, O_RDONLY | O_CLOEXEC, 0);

    if (fd >= 0)
        table = table_read((int)fd);
    else if (fd != -EMFILE && fd != -ENFILE && fd != -ENOMEM)
        table = &none;
    if (fd >= 0)
        raw1(SYS_close, fd);
    if (store >= 0)
        raw1(SYS_close, store);
    return table;
}

/* Held off while it is done, no checkpoint meets the descriptors. */
static const struct numbers *table_load(void)
{
    const struct numbers *expected = NULL;
    bool held = checkpoint_hold();
    const struct numbers *found = table_find();

    if (found != NULL && !__atomic_compare_exchange_n(&current, &expected, found, false,
                                                      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        table_free(found); /* another thread was faster */
        found = expected;
    }
    checkpoint_unhold(held);
    return found;
}

const struct numbers *numbers_table(void)
{
    const struct numbers *table = __atomic_load_n(&current, __ATOMIC_ACQUIRE);

    if (table == NULL)
        table = table_load();
    return table == &none ? NULL : table;
}

void numbers_forget(void)
{
    uint32_t now = __atomic_add_fetch(&numbers_rounds, 1, __ATOMIC_ACQ_REL);

    table_free(former[now % FORMER]);
    former[now % FORMER] = current;
    current = NULL;
}
