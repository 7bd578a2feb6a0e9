/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `ckpt checkpoint DIR`: asks the task that runs there for a checkpoint, from any host that sees DIR. Inside of a task
 * it is a process of the tree, which has to be in the image as well: there it becomes one that the library is loaded
 * into, see src/preload/program.c. */
#include "cli/command.h"

#include "common/elf.h"
#include "common/io.h"
#include "common/log.h"
#include "files/notes.h"
#include "store/request.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS (10 * 60 * 1000)

/* Whether dir, or NULL for none, is the store of the task that we are part of. */
static bool is_own_store(const char *dir)
{
    const char *notes = getenv("CKPT_NOTES");
    char path[PATH_MAX];

    if (notes == NULL || getenv("CKPT_COORDINATOR") == NULL)
        return false;
    if (dir == NULL)
        return true;
    snprintf(path, sizeof(path), "%.*s",
             (int)(strlen(notes) > sizeof(NOTES_NAME) ? strlen(notes) - sizeof(NOTES_NAME) : 0),
             notes);
    return paths_are_same(path, dir);
}

static int become_request(unsigned timeout_ms)
{
    static const char failed[] =
        "echo 'ckpt: no checkpoint: libckpt.so is not loaded into programs here' >&2; exit 175";
    char *const argv[] = {"ckpt", "-c", (char *)failed, NULL};
    char parent[PATH_MAX], link[64], limit[24];
    const char *program = "/bin/sh";
    struct ckpt_error err;

    snprintf(link, sizeof(link), "/proc/%d/exe", (int)getppid());
    ssize_t length = readlink(link, parent, sizeof(parent) - 1);
    parent[length > 0 ? length : 0] = 0;
    if (elf_kind_of(program) != ELF_DYNAMIC)
        program = parent;
    snprintf(limit, sizeof(limit), "%u", timeout_ms);
    setenv("CKPT_CALL", limit, 1);
    execv(program, argv);
    ckpt_error_errno(&err, "no checkpoint: become '%s'", program);
    ckpt_fail(&err);
    return EXIT_CHECKPOINT;
}

static int request(const struct arguments *arguments, unsigned timeout_ms)
{
    unsigned generation = 0;
    struct ckpt_error err;
    struct store *store;
    int r = store_open(arguments->dir, &store, &err);

    if (r == 0) {
        r = request_checkpoint(store, timeout_ms, &generation, &err);
        store_close(store);
    }
    if (r < 0) {
        ckpt_fail(&err);
        return EXIT_CHECKPOINT;
    }
    printf("generation %u\n", generation);
    return finish_output(EXIT_SUCCESS);
}

int cmd_checkpoint(int argc, char **argv)
{
    struct arguments arguments;
    struct ckpt_error err;
    unsigned timeout_ms = DEFAULT_TIMEOUT_MS;
    int r = arguments_parse(argc, argv, ARGUMENT_TIMEOUT | ARGUMENT_MAY_DIR, &arguments, &err);

    if (r == 0 && arguments.dir == NULL && !is_own_store(NULL))
        r = ckpt_error_set(&err, EINVAL, "checkpoint: needs one DIR outside of a task");
    if (r < 0) {
        ckpt_fail(&err);
        return EXIT_USAGE;
    }
    if (arguments.timeout_ms != UINT64_MAX)
        timeout_ms = (unsigned)arguments.timeout_ms;
    return is_own_store(arguments.dir) ? become_request(timeout_ms)
                                       : request(&arguments, timeout_ms);
}
