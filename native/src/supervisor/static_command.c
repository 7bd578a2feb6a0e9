/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#include "supervisor/static_command.h"

#include "common/elf.h"
#include "common/io.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool command_is_static(pid_t root, const char *command)
{
    char path[PATH_MAX];
    const char *list = getenv("PATH");

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)root);
    /* The parent of a vfork goes on a moment before its child has become the command: until then it is what we are. */
    enum elf_kind kind = paths_are_same(path, "/proc/self/exe") ? ELF_NONE : elf_kind_of(path);
    if (kind != ELF_NONE) /* else it has ended already, or is not ours to look at */
        return kind == ELF_STATIC;
    if (strchr(command, '/') != NULL)
        return elf_kind_of(command) == ELF_STATIC;
    while (list != NULL && *list != 0) {
        size_t length = strcspn(list, ":");
        snprintf(path, sizeof(path), "%.*s/%s", (int)length, list, command);
        if (access(path, X_OK) == 0)
            return elf_kind_of(path) == ELF_STATIC;
        list += length + (list[length] == ':');
    }
    return false;
}
