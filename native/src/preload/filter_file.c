/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The code of a seccomp filter in the store, for programs that are started under it. Equal ones are one file. */
#include "preload/filter_file.h"
#include "preload/notes.h"
#include "preload/pages.h"
#include "preload/text.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define TEXT_SIZE 4096
#define NAME_SIZE 64

uint64_t filter_hash(const struct filter *filter)
{
    const unsigned char *bytes = (const unsigned char *)filter->code;
    uint64_t hash = 14695981039346656037UL ^ filter->flags;

    for (size_t i = 0; i < filter->count * sizeof(*filter->code); i++)
        hash = (hash ^ bytes[i]) * 1099511628211UL;
    return hash;
}

static bool file_name(const struct filter *filter, char *to, size_t size)
{
    const char *store = notes_store();

    to[0] = 0;
    if (store[0] == 0 || text_length(store) + NAME_SIZE > size)
        return false;
    text_append(to, size, store);
    text_append(to, size, "filter-");
    text_append_hex(to, size, filter->hash);
    return true;
}

/* Under another name first, so that nobody finds half of it. */
bool filter_store(const struct filter *filter)
{
    char name[TEXT_SIZE], meanwhile[TEXT_SIZE + NAME_SIZE];
    size_t size = filter->count * sizeof(*filter->code);

    if (!file_name(filter, name, sizeof(name)))
        return false;
    meanwhile[0] = 0;
    text_append(meanwhile, sizeof(meanwhile), name);
    text_append(meanwhile, sizeof(meanwhile), ".");
    text_append_number(meanwhile, sizeof(meanwhile), (unsigned long)raw0(SYS_gettid));
    long fd = raw4(SYS_openat, AT_FDCWD, meanwhile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool written = raw3(SYS_write, fd, filter->code, size) == (long)size;
    raw1(SYS_close, fd);
    return written && raw2(SYS_rename, meanwhile, name) == 0;
}

bool filter_load(struct filter *filter)
{
    char name[TEXT_SIZE];

    filter->code = NULL;
    if (filter->count == 0 || filter->count > BPF_MAXINSNS ||
        !file_name(filter, name, sizeof(name)))
        return false;
    size_t size = filter->count * sizeof(*filter->code);
    long fd = raw4(SYS_openat, AT_FDCWD, name, O_RDONLY, 0);
    if (fd < 0)
        return false;
    filter->code = pages_new(size);
    bool read = filter->code != NULL && raw3(SYS_read, fd, filter->code, size) == (long)size;
    raw1(SYS_close, fd);
    filter->is_stored = true;
    return read && filter_hash(filter) == filter->hash;
}
