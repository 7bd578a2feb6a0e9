/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The kernel makes the text of a file below /proc while it is read, so what comes after a restart is of the restarted
 * process. Mostly it has been read a moment later, and a checkpoint waits for that (runtimes look for their own mappings
 * when they start a thread). But a child that was started in that moment has got the descriptor for good, and nobody reads
 * on. Such a one is kept, by lines: they are the same after a restart, their lengths need not be (numbers of files and
 * devices). Only once the memory is back there are the right ones. */
#include "objects/proc_half_read.h"

#include "common/cleanup.h"
#include "common/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The positions in these are addresses, and stay for as long as the program likes. */
static bool is_about_addresses(const char *path)
{
    const char *name = strrchr(path, '/');

    return strcmp(name, "/mem") == 0 || strcmp(name, "/pagemap") == 0;
}

bool half_read_is(const struct seen_descriptor *seen)
{
    char byte;

    if (seen->offset == 0 || !S_ISREG(seen->status.st_mode) || is_about_addresses(seen->target))
        return false;
    cleanup_fd int fd = seen_duplicate(seen);
    return fd >= 0 && pread(fd, &byte, 1, seen->offset) == 1;
}

/* From outside: by the position of its own, and the same file opened once more. */
static bool number_is_half_read(pid_t process, const char *number)
{
    char path[64], target[512];
    cleanup_free char *info = NULL;
    const char *rest;
    char byte;

    snprintf(path, sizeof(path), "/proc/%d/fd/%.10s", (int)process, number);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length <= 0)
        return false;
    target[length] = 0;
    if (proc_path_process(target, &rest) == 0 || is_about_addresses(target))
        return false;
    snprintf(target, sizeof(target), "fdinfo/%.10s", number);
    if (proc_text_read(process, target, &info) < 0)
        return false;
    long long offset = strncmp(info, "pos:", 4) == 0 ? atoll(info + 4) : 0;
    cleanup_fd int fd = offset > 0 ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    return fd >= 0 && pread(fd, &byte, 1, offset) == 1;
}

bool half_read_has(pid_t process)
{
    char path[32];
    struct dirent *entry;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)process);
    cleanup_dir DIR *dir = process > 0 ? opendir(path) : NULL;
    while (!found && dir != NULL && (entry = readdir(dir)) != NULL)
        found = entry->d_name[0] != '.' && number_is_half_read(process, entry->d_name);
    return found;
}

/* ---- where it is ---- */

/* A place in a text, as seen from the mapping that it is about: a list of them may have others before it, such as what a
 * restart itself needs for a moment. */
struct place {
    uint64_t address; /* that the last line with one begins with; 0: there is none before */
    uint64_t lines;   /* since that line began, or since the beginning */
    uint64_t bytes;   /* of the line that the place is in */
};

static int text_read(int fd, char **ret, size_t *ret_size)
{
    size_t size = 0, room = 0;
    char *text = NULL;
    ssize_t got;

    do {
        if (size == room) {
            char *grown = realloc(text, (room += 1 << 16) + 1);
            if (grown == NULL) {
                free(text);
                return -ENOMEM;
            }
            text = grown;
        }
        got = pread(fd, text + size, room - size, (off_t)size);
        size += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    int error = got < 0 ? -errno : 0;
    text[size] = 0;
    *ret = text;
    *ret_size = size;
    return error;
}

/* "00400000-0041f000 r--p": 0x400000 */
static uint64_t line_address(const char *line)
{
    char *end;
    uint64_t address = strtoull(line, &end, 16);

    return end - line >= 8 && (*end == '-' || *end == ' ') ? address : 0;
}

/* Goes on by a line; where it begins, or NULL at the end. */
static const char *line_next(const char *line, const char *end, struct place *place)
{
    const char *next = memchr(line, '\n', (size_t)(end - line));

    if (next == NULL || next + 1 == end)
        return NULL;
    uint64_t address = line_address(next + 1);
    if (address != 0)
        *place = (struct place){.address = address};
    else
        place->lines++;
    return next + 1;
}

static struct place place_of(const char *text, size_t size, size_t offset)
{
    struct place place = {.address = line_address(text)};
    const char *line = text, *next = text;

    while (next != NULL && (size_t)(next - text) <= offset) {
        struct place there = place;
        line = next;
        next = line_next(line, text + size, &there);
        if (next == NULL || (size_t)(next - text) > offset)
            break;
        place = there;
    }
    place.bytes = offset - (size_t)(line - text);
    return place;
}

/* fallback if there is no such line any more */
static size_t place_find(const char *text, size_t size, const struct place *wanted, size_t fallback)
{
    struct place place = {.address = line_address(text)};

    for (const char *line = text; line != NULL; line = line_next(line, text + size, &place)) {
        if (place.address == wanted->address && place.lines == wanted->lines)
            return (size_t)(line - text) + wanted->bytes;
    }
    return fallback;
}

int half_read_save(const struct seen_descriptor *seen, struct image_description *ret)
{
    cleanup_free char *text = NULL;
    size_t size = 0;
    /* Another description: the program's reads on where it is. */
    cleanup_fd int fd = seen_reopen(seen, O_RDONLY | O_NONBLOCK);
    int error = fd < 0 ? -errno : text_read(fd, &text, &size);

    if (error < 0)
        return error;
    if ((uint64_t)seen->offset > size)
        return -ESPIPE;
    struct place place = place_of(text, size, (size_t)seen->offset);
    ret->value = place.address;
    ret->interval_ns = place.lines;
    ret->size = place.bytes;
    ret->clock = 1;
    return 0;
}

bool half_read_was(const struct image_description *description)
{
    return description->kind == DESCRIPTION_PROC && description->clock == 1;
}

int half_read_settle(int fd, const struct image_description *description)
{
    struct place place = {.address = description->value,
                          .lines = description->interval_ns,
                          .bytes = description->size};
    cleanup_free char *text = NULL;
    size_t size = 0;
    int error = text_read(fd, &text, &size);

    if (error < 0)
        return error;
    off_t at = (off_t)place_find(text, size, &place, (size_t)description->offset);
    /* From the beginning: the kernel would go on in what it has made before. */
    return lseek(fd, 0, SEEK_SET) < 0 || lseek(fd, at, SEEK_SET) < 0 ? -errno : 0;
}
