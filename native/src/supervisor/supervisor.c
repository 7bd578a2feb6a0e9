/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * `ckpt run`, `launch` and `restart`: finds out whether there is something to continue, and brings the tree to life one
 * way or the other. */
#include "supervisor/supervisor.h"

#include "common/log.h"
#include "common/namespaces.h"
#include "store/generation.h"
#include "supervisor/exit_codes.h"
#include "supervisor/session.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

static void impossible_warn(struct session *session, const struct ckpt_error *err)
{
    ckpt_warn("no restart: %s; the command starts from the beginning", err->message);
    status_add_refusal(&session->status, 0, err->message);
}

static int begin(struct session *session, enum run_mode mode, const char *cwd,
                 struct ckpt_error *err)
{
    bool wanted = mode == RUN_MODE_RESTART || (mode == RUN_MODE_RUN && !session->options.fresh &&
                                               generation_exists(session->store));

    /* Before anything is touched: the same would be in the way of every generation. */
    bool possible = !wanted || namespaces_check(&session->means, err) == 0;
    /* `ckpt restart` may be called from anywhere: the task goes on where it was. */
    if (wanted && possible &&
        session_restart(session, mode,
                        mode == RUN_MODE_RESTART ? session->task.attempt_dir : cwd) == 0)
        return 0;
    if (mode == RUN_MODE_RESTART)
        return possible ? ckpt_error_set(err, ESTALE, "no generation of '%s' could be restarted",
                                         session->store->path)
                        : -ESTALE;
    if (!possible)
        impossible_warn(session, err);
    else if (wanted)
        ckpt_warn("no generation could be restarted; the command starts from the beginning");
    return session_launch(session, cwd, err);
}

static int failure_code(const struct session *session, enum run_mode mode, int error)
{
    if (error == -ESTALE || (mode == RUN_MODE_RESTART && error != -EINVAL && error != -EBUSY))
        return EXIT_RESTART_FAILED;
    if (!session->command_failed)
        return EXIT_USAGE;
    if (error == -ENOENT)
        return EXIT_NOT_FOUND;
    return error == -EACCES || error == -ENOEXEC ? EXIT_NOT_EXECUTABLE : EXIT_USAGE;
}

int supervisor_run(struct run_options *options, enum run_mode mode)
{
    struct session session;
    struct ckpt_error err = {0};
    char cwd[PATH_MAX];
    int status;

    if (getcwd(cwd, sizeof(cwd)) == NULL) {
        ckpt_error_errno(&err, "find the working directory");
        ckpt_fail(&err);
        return EXIT_USAGE;
    }
    session_init(&session);
    session.options = *options;
    terminal_open(&session.terminal);
    int error = session_open(&session, mode, cwd, &err);
    if (error == 0)
        error = begin(&session, mode, cwd, &err);
    if (error < 0) {
        ckpt_fail(&err);
        status = failure_code(&session, mode, error);
    } else {
        status = session_loop(&session);
    }
    session_close(&session);
    *options = session.options;
    return status;
}
