/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The command starts from its beginning: nothing of an earlier course of events is left, and the tree begins under our
 * eyes. */
#include "supervisor/session.h"

#include "common/log.h"
#include "store/generation.h"
#include "supervisor/launch.h"
#include "supervisor/static_command.h"

int session_launch(struct session *session, const char *cwd, struct ckpt_error *err)
{
    char *const *argv = session->options.argv;

    /* Images of an earlier course of events must not be mistaken for this one's. */
    int error = generation_remove_all(session->store, err);
    if (error == 0)
        error = task_set_attempt_dir(&session->task, cwd, err);
    if (error == 0)
        error = task_set_workdir(&session->task, cwd, err);
    if (error == 0)
        error = task_write(session->store, &session->task, false, err);
    if (error == 0)
        error = terminal_make(&session->terminal, err);
    if (error == 0)
        error = output_open(&session->output, &session->coordinator, 0, 0, err);
    if (error == 0)
        error = output_cut(&session->output, err);
    if (error == 0)
        error = notes_cut(session->store->dirfd, 0, err);
    if (error == 0)
        error = numbers_write(NULL, session->store->dirfd, err);
    if (error == 0)
        error = session_files_open(session, cwd, err);
    if (error == 0)
        files_note_original(&session->checkpoint.files);
    if (error < 0)
        return error;
    error = launch_tree(&session->coordinator, &session->output, argv, session->options.signal,
                        session->options.signals.end | session->options.signals.stay,
                        session->options.dedicated, &session->mask_before, err);
    session->command_failed = error < 0;
    if (error < 0)
        return error;
    session->checkpoint.run_from = session->task.workdir;
    session->variables_due = true;
    if (command_is_static(session->coordinator.root_outer, argv[0])) {
        ckpt_warn("'%s' is statically linked and cannot be checkpointed; it runs on without",
                  argv[0]);
        status_add_warning(&session->status, "the command is statically linked");
        session->warned = true;
    }
    return 0; /* the status is written when the schedule is known, a moment later */
}
