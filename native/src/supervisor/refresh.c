/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Variables at a restart: those that belong to the job get this job's values, and ours lead to where store and library
 * lie now. A variable that names a place where the task has files stays, since the task knows them by it. */
#include "supervisor/refresh.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/log.h"
#include "files/notes.h"
#include "store/variables.h"
#include "supervisor/launch.h"
#include "wire/variables.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Whether path is directory or lies below it. */
static bool is_below(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    while (length > 1 && directory[length - 1] == '/')
        length--;
    return strncmp(path, directory, length) == 0 && (path[length] == 0 || path[length] == '/');
}

static bool names_place_in_use(const void *context, const char *entry)
{
    const struct restart_plan *plan = context;
    const char *value = strchr(entry, '=') + 1;
    char path[PATH_MAX + 1];

    if (value[0] != '/' || value[1] == 0)
        return false;
    bool found = is_below(value, plan->manifest.workdir);
    for (size_t i = 0; !found && i < plan->catalog.count; i++) {
        snprintf(path, sizeof(path), "/%s", plan->catalog.entries[i].path);
        found = plan->catalog.entries[i].outside && is_below(path, value);
    }
    if (found)
        ckpt_info("%s stays: the task has files there", entry);
    return found;
}

int refresh_open(struct store *store, const char *list, const struct restart_plan *plan,
                 int *ret_fd, struct ckpt_error *err)
{
    cleanup_free char *table = NULL;
    char library[PATH_MAX], settings[2 * PATH_MAX + 64];
    size_t size = 0;

    int error = variables_table(store, environ, list, names_place_in_use, plan, &table, &size, err);
    if (error == 0)
        error = launch_library(library, sizeof(library), err);
    if (error < 0)
        return error;
    int length =
        snprintf(settings, sizeof(settings), "%cCKPT_NOTES=%s/" NOTES_NAME "%c%cLD_PRELOAD=%s",
                 VARIABLE_SETTING, store->path, 0, VARIABLE_SETTING, library);
    cleanup_fd int fd = memfd_create("ckpt-variables", MFD_CLOEXEC);
    if (fd < 0 || write_full(fd, table, size) < 0 ||
        write_full(fd, settings, (size_t)length + 1) < 0)
        return ckpt_error_errno(err, "hand over %zu bytes of variables", size);
    *ret_fd = steal_fd(&fd);
    return 0;
}
