/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Reading /proc/PID/maps. Parsing is apart from acquiring. */
#include "proc/mappings.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/proc.h"
#include "image/process.h"
#include "image/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#define DELETED        " (deleted)"
#define PAGE_SIZE_LINE "KernelPageSize:"
#define KEY_LINE       "ProtectionKey:"

void mappings_free(struct mappings *mappings)
{
    for (size_t i = 0; i < mappings->count; i++)
        free(mappings->list[i].name);
    free(mappings->list);
    memset(mappings, 0, sizeof(*mappings));
}

/* Newlines in paths come as \012; nothing else is escaped. */
static void name_unescape(char *name)
{
    char *to = name;

    for (char *from = name; *from != 0; to++) {
        if (strncmp(from, "\\012", 4) == 0) {
            *to = '\n';
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = 0;
}

static bool flags_are_good(const char *flags)
{
    static const char *const letters[] = {"r-", "w-", "x-", "ps"};

    for (int i = 0; i < 4; i++) {
        if (flags[i] == 0 || strchr(letters[i], flags[i]) == NULL)
            return false;
    }
    return true;
}

/* "/SYSV0000002a (deleted)": a System V segment, whose id stands where files have their inode. */
static bool is_segment(const struct mapping *mapping, const char *name)
{
    unsigned key;
    int end = 0;

    return mapping->shared && mapping->deleted && sscanf(name, "/SYSV%8x%n", &key, &end) == 1 &&
           end == 13 && name[end] == 0;
}

/* A number, without a sign or blanks before it, and the character that has to follow; 0: a blank or the end, which stays.
 * There may be tens of thousands of lines, and a tree that stands still: scanf(3) takes too long. */
static bool number_take(const char **at, unsigned base, char then, uint64_t *ret)
{
    const char *start = *at;
    uint64_t value = 0;

    for (;; (*at)++) {
        unsigned char c = (unsigned char)**at;
        unsigned digit = 99;
        if (c >= '0' && c <= '9')
            digit = c - (unsigned)'0';
        else if (c >= 'a' && c <= 'f')
            digit = c - (unsigned)'a' + 10;
        if (digit >= base)
            break;
        if (value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    *ret = value;
    if (*at == start)
        return false;
    if (then == 0)
        return **at == ' ' || **at == 0;
    return *(*at)++ == then;
}

static int line_parse(char *line, struct mapping *ret)
{
    uint64_t start, end, offset, inode, major_id, minor_id;
    const char *at = line, *flags;

    if (!number_take(&at, 16, '-', &start) || !number_take(&at, 16, ' ', &end) || start >= end)
        return -EBADMSG;
    flags = at;
    if (!flags_are_good(flags) || flags[4] != ' ')
        return -EBADMSG;
    at += 5;
    if (!number_take(&at, 16, ' ', &offset) || !number_take(&at, 16, ':', &major_id) ||
        !number_take(&at, 16, ' ', &minor_id) || !number_take(&at, 10, 0, &inode))
        return -EBADMSG;
    char *name = line + (at - line) + strspn(at, " ");
    size_t length = strlen(name);
    size_t suffix = strlen(DELETED);
    *ret = (struct mapping){
        .start = start,
        .end = end,
        .offset = offset,
        .device = makedev((unsigned)major_id, (unsigned)minor_id),
        .inode = inode,
        .protection = (flags[0] == 'r' ? PROT_READ : 0) | (flags[1] == 'w' ? PROT_WRITE : 0) |
                      (flags[2] == 'x' ? PROT_EXEC : 0),
        .shared = flags[3] == 's',
        .deleted = length > suffix && strcmp(name + length - suffix, DELETED) == 0,
    };
    if (ret->deleted)
        name[length - suffix] = 0;
    if (is_segment(ret, name))
        ret->device = IMAGE_SEGMENT_DEVICE;
    name_unescape(name);
    ret->name = strdup(name);
    return ret->name == NULL ? -ENOMEM : 0;
}

static const struct {
    const char name[3];
    uint32_t flag;
} flag_names[] = {
    {"gd", VMA_GROWS_DOWN}, {"hg", VMA_HUGE_PAGES}, {"nh", VMA_NO_HUGE_PAGES},
    {"nr", VMA_NO_RESERVE}, {"mw", VMA_MAY_WRITE},  {"mg", VMA_MERGEABLE},
    {"dd", VMA_DONT_DUMP},  {"sr", VMA_SEQUENTIAL}, {"rr", VMA_RANDOM},
    {"ht", VMA_HUGETLB},    {"dp", VMA_DROPPABLE},  {"sl", VMA_SEALED},
    {"um", VMA_USERFAULT},  {"uw", VMA_USERFAULT},  {"ui", VMA_USERFAULT},
};

static bool has_flag(const char *flags, const char *flag)
{
    const char *at = strstr(flags, flag);

    return at != NULL && at[-1] == ' ' && (at[2] == ' ' || at[2] == 0);
}

/* In KiB, by the lines that count some that no other of them does. */
static uint64_t pages_told(const char *line)
{
    static const char *const names[] = {"Rss:", "Swap:", "Shared_Hugetlb:", "Private_Hugetlb:"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(line, names[i], strlen(names[i])) == 0)
            return strtoull(line + strlen(names[i]), NULL, 10);
    }
    return 0;
}

/* smaps goes on with lines "Name: value"; those of maps begin with a hexadecimal number in lower case. */
static bool is_detail(const char *line, struct mappings *all)
{
    if (*line < 'A' || *line > 'Z')
        return false;
    if (strncmp(line, "VmFlags:", 8) == 0 && all->count > 0) {
        struct mapping *mapping = &all->list[all->count - 1];
        for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
            mapping->flags |= has_flag(line, flag_names[i].name) ? flag_names[i].flag : 0;
        mapping->wiped_in_child = has_flag(line, "wf");
    }
    if (strncmp(line, PAGE_SIZE_LINE, strlen(PAGE_SIZE_LINE)) == 0 && all->count > 0) {
        unsigned long kib = strtoul(line + strlen(PAGE_SIZE_LINE), NULL, 10);
        if (kib > 0)
            all->list[all->count - 1].page_shift = 10 + (unsigned)__builtin_ctzl(kib);
    }
    if (all->count > 0)
        all->list[all->count - 1].resident += pages_told(line);
    if (strncmp(line, KEY_LINE, strlen(KEY_LINE)) == 0 && all->count > 0)
        all->list[all->count - 1].pkey = (uint8_t)strtoul(line + strlen(KEY_LINE), NULL, 10);
    return true;
}

int mappings_parse(char *text, struct mappings *ret)
{
    struct mappings all = {0};
    int error = 0;

    for (char *line = strsep(&text, "\n"); line != NULL && error == 0; line = strsep(&text, "\n")) {
        if (*line == 0 || is_detail(line, &all))
            continue;
        struct mapping *added = array_add(&all.list, &all.count, sizeof(*all.list));
        error = added == NULL ? -ENOMEM : line_parse(line, added);
    }
    if (error < 0)
        mappings_free(&all);
    else
        *ret = all;
    return error;
}

static int proc_parse(pid_t outer, const char *name, struct mappings *ret, struct ckpt_error *err)
{
    cleanup_free char *text = NULL;
    int error = proc_text_read(outer, name, &text);

    if (error == 0)
        error = mappings_parse(text, ret);
    if (error < 0 && outer == 0)
        return ckpt_error_set(err, -error, "read its own mappings: %s", strerror(-error));
    if (error < 0)
        return ckpt_error_set(err, -error, "read the mappings of process %d: %s", (int)outer,
                              strerror(-error));
    return 0;
}

bool mapping_file_is_there(pid_t outer, const struct mapping *mapping, struct stat *ret)
{
    char path[PATH_MAX];

    if (mapping->name[0] != '/' || mapping->deleted ||
        snprintf(path, sizeof(path), "/proc/%d/root%s", (int)outer, mapping->name) >=
            (int)sizeof(path))
        return false;
    return stat(path, ret) == 0 && S_ISREG(ret->st_mode) && ret->st_ino == mapping->inode;
}

int mappings_read(pid_t outer, struct mappings *ret, struct ckpt_error *err)
{
    return proc_parse(outer, "maps", ret, err);
}

int mappings_read_with_flags(pid_t outer, struct mappings *ret, struct ckpt_error *err)
{
    return proc_parse(outer, "smaps", ret, err);
}
