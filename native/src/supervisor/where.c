/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The choice of a directory to go on in. */
#include "supervisor/where.h"

#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static bool is_directory(const char *path, struct stat *ret)
{
    return stat(path, ret) == 0 && S_ISDIR(ret->st_mode);
}

int where_to_continue(struct task *task, enum run_mode mode, bool dedicated, const char *cwd,
                      char ret[PATH_MAX], struct ckpt_error *err)
{
    struct stat before, here;

    snprintf(ret, PATH_MAX, "%s", cwd);
    if (dedicated)
        return 0;
    if (is_directory(task->attempt_dir, &before)) {
        snprintf(ret, PATH_MAX, "%s", task->attempt_dir);
        if (is_directory(cwd, &here) &&
            (here.st_dev != before.st_dev || here.st_ino != before.st_ino))
            ckpt_warn("the task goes on in '%s', where it was started", task->attempt_dir);
        return 0;
    }
    if (mode == RUN_MODE_RESTART)
        return ckpt_error_set(
            err, ENOENT,
            "its directory '%s' is gone; `ckpt run` in the one that it has become "
            "goes on there",
            task->attempt_dir);
    ckpt_warn("'%s', where the task was started, is gone: it goes on in '%s'", task->attempt_dir,
              cwd);
    /* What the tree had written there is looked for here. */
    return task_set_attempt_dir(task, cwd, err);
}
