/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Reading the notes. Many processes write them, so a path may come more than once: the first word counts. */
#include "files/notes.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "files/catalog.h"
#include "store/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int note_compare(const void *a, const void *b)
{
    const struct note *x = a, *y = b;
    int order = strcmp(x->path, y->path);

    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static void duplicates_drop(struct notes *notes)
{
    size_t kept = 0;

    for (size_t i = 0; i < notes->count; i++) {
        if (kept > 0 && strcmp(notes->list[kept - 1].path, notes->list[i].path) == 0)
            free(notes->list[i].path);
        else
            notes->list[kept++] = notes->list[i];
    }
    notes->count = kept;
}

/* Whether the tree has made the file of that name. */
static bool is_created(const struct notes *notes, const char *path)
{
    for (size_t i = 0; i < notes->count; i++) {
        if (strcmp(notes->list[i].path, path) == 0)
            return notes->list[i].created;
    }
    return false;
}

/* before: the line before this one, or "". */
static int note_add(struct notes *notes, const char *line, const char *before, uint64_t at)
{
    struct note *note;

    if (line[0] == 0 || strchr("CWR", line[0]) == NULL || (line[0] == 'R' && before[0] != 'W') ||
        line[1] != '/' || strlen(line) > PATH_MAX)
        return -EBADMSG;
    if (!path_is_inside(line + 2)) /* nothing that the library writes */
        return 0;
    note = array_add(&notes->list, &notes->count, sizeof(*note));
    if (note == NULL || (note->path = strdup(line + 1)) == NULL)
        return -ENOMEM;
    note->created = line[0] == 'C' || (line[0] == 'R' && is_created(notes, before + 1));
    note->at = at;
    return 0;
}

static int lines_read(struct notes *notes, const char *text, size_t size)
{
    const char *before = "";
    size_t at = 0, end;
    int error = 0;

    while (error == 0 && (end = at + strnlen(text + at, size - at)) < size) {
        error = note_add(notes, text + at, before, notes->bytes + at);
        before = text + at;
        at = end + 1;
    }
    notes->bytes += at; /* one that is being written comes the next time */
    return error;
}

int notes_read(struct notes *notes, int store, struct ckpt_error *err)
{
    cleanup_fd int fd = openat(store, NOTES_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    int error = 0;

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &status) < 0)
        return ckpt_error_errno(err, "read '%s'", NOTES_NAME);
    if ((uint64_t)status.st_size <= notes->bytes)
        return 0;
    size_t size = (size_t)((uint64_t)status.st_size - notes->bytes);
    char *text = realloc(notes->text, (size_t)status.st_size);
    if (text == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    notes->text = text;
    ssize_t got = pread_full(fd, text + notes->bytes, size, (off_t)notes->bytes);
    if (got < 0)
        return ckpt_error_errno(err, "read '%s'", NOTES_NAME);
    error = lines_read(notes, text + notes->bytes, (size_t)got);
    if (error < 0)
        return ckpt_error_set(err, -error, "'%s' is damaged or too long", NOTES_NAME);
    if (notes->count > 0)
        qsort(notes->list, notes->count, sizeof(*notes->list), note_compare);
    duplicates_drop(notes);
    return 0;
}

uint64_t notes_sum(const struct notes *notes)
{
    return notes->bytes == 0 ? 0 : checksum_bytes(notes->text, (size_t)notes->bytes);
}

/* Nobody but us writes where there is something already: the tree appends. */
int notes_heal(const struct notes *notes, int store, bool *ret_healed, struct ckpt_error *err)
{
    size_t size = (size_t)notes->bytes;
    cleanup_free char *there = malloc(size + 1);
    cleanup_fd int fd = size == 0 ? -1 : openat(store, NOTES_NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (size == 0)
        return 0;
    ssize_t got = fd < 0 || there == NULL ? -1 : pread_full(fd, there, size, 0);
    if (got < 0)
        return ckpt_error_errno(err, "read '%s'", NOTES_NAME);
    if ((size_t)got < size)
        return ckpt_error_set(err, EBADMSG, "'%s' has been cut in the store", NOTES_NAME);
    if (memcmp(there, notes->text, size) == 0)
        return 0;
    if (pwrite_full(fd, notes->text, size, 0) < 0)
        return ckpt_error_errno(err, "write '%s' anew", NOTES_NAME);
    *ret_healed = true;
    return 0;
}

void notes_keep(int store)
{
    if (fchmodat(store, NOTES_NAME, 0600, 0) == 0 || errno != ENOENT)
        return;
    int fd = openat(store, NOTES_NAME, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd);
}

int notes_cut(int store, uint64_t bytes, struct ckpt_error *err)
{
    cleanup_fd int fd = openat(store, NOTES_NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat status = {0};

    if (fd < 0 ? errno != ENOENT : fstat(fd, &status) < 0)
        return ckpt_error_errno(err, "open '%s'", NOTES_NAME);
    if ((uint64_t)status.st_size < bytes)
        return ckpt_error_set(err, EBADMSG, "'%s' is shorter than at the checkpoint", NOTES_NAME);
    return fd >= 0 && ftruncate(fd, (off_t)bytes) < 0
               ? ckpt_error_errno(err, "cut '%s'", NOTES_NAME)
               : 0;
}

const char *noted_name(const char *workdir, bool dedicated, const char *path, bool *ret_outside)
{
    size_t length = strlen(workdir);

    *ret_outside = strncmp(path, workdir, length) != 0 || path[length] != '/';
    if (!*ret_outside && dedicated)
        return NULL;
    path += *ret_outside ? 1 : length + 1;
    return *path != 0 ? path : NULL;
}

void notes_free(struct notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->list[i].path);
    free(notes->list);
    free(notes->text);
    *notes = (struct notes){0};
}
