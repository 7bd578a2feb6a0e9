/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Whether two command lines are the same command. A workflow engine gives a retry a new work
 * directory, and its arguments may name that directory; so paths below the current directory
 * count as paths below the recorded one. */
#include "store/task.h"

#include "common/cleanup.h"
#include "store/document.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that can continue a file name; between two of them no path begins or ends. */
static bool in_name(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("._-+@%", c)) || (unsigned char)c >= 0x80;
}

static bool is_path_here(const char *text, const char *at, const char *dir, size_t length)
{
    if (strncmp(at, dir, length) != 0 || in_name(at[length]))
        return false;
    return at == text || (!in_name(at[-1]) && at[-1] != '/');
}

/* text with every path that begins with from moved to to. NULL: no memory. */
static char *move_paths(const char *text, const char *from, const char *to)
{
    size_t from_length = strlen(from), to_length = strlen(to), extra = 0;
    char *moved, *end;

    for (const char *at = text; *at; at++)
        extra += is_path_here(text, at, from, from_length) ? to_length : 0;
    moved = end = malloc(strlen(text) + extra + 1);
    for (const char *at = text; moved && *at;) {
        if (is_path_here(text, at, from, from_length)) {
            memcpy(end, to, to_length);
            end += to_length;
            at += from_length;
        } else {
            *end++ = *at++;
        }
    }
    if (moved)
        *end = '\0';
    return moved;
}

static bool same_argument(const struct task *task, const char *recorded, const char *given,
                          const char *cwd)
{
    cleanup_free char *clean = utf8_clean(given); /* as it went into the file */
    cleanup_free char *clean_recorded = utf8_clean(recorded);
    cleanup_free char *moved = NULL;

    if (!clean || !clean_recorded)
        return false;
    if (strcmp(clean, clean_recorded) == 0)
        return true;
    if (strcmp(cwd, "/") == 0 || strcmp(task->workdir, "/") == 0)
        return false; /* every path would be one below it */
    moved = move_paths(clean, cwd, task->workdir);
    return moved && strcmp(moved, clean_recorded) == 0;
}

bool task_same_command(const struct task *task, char *const argv[], const char *cwd)
{
    size_t i;

    for (i = 0; argv[i] && task->argv[i]; i++) {
        if (!same_argument(task, task->argv[i], argv[i], cwd))
            return false;
    }
    return !argv[i] && !task->argv[i];
}
