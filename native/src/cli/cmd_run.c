/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `ckpt run`, `ckpt launch`, `ckpt restart`: one supervisor in three moods. */
#include "cli/command.h"
#include "cli/options.h"

#include "common/log.h"
#include "objects/inherited.h"
#include "proc/process_tree.h"

static int supervise(int argc, char **argv, enum run_mode mode)
{
    struct run_options options;
    struct ckpt_error err;
    int status;

    inherited_note();
    if (process_tree_note_strangers(&err) < 0 ||
        run_options_parse(argc, argv, mode, &options, &err) < 0) {
        ckpt_fail(&err);
        return EXIT_USAGE;
    }
    status = supervisor_run(&options, mode);
    run_options_free(&options);
    return status;
}

int cmd_run(int argc, char **argv)
{
    return supervise(argc, argv, RUN_MODE_RUN);
}

int cmd_launch(int argc, char **argv)
{
    return supervise(argc, argv, RUN_MODE_LAUNCH);
}

int cmd_restart(int argc, char **argv)
{
    return supervise(argc, argv, RUN_MODE_RESTART);
}
