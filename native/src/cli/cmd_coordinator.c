/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `ckpt coordinator ID PID FD`, which is not for people: a preloaded process that has no coordinator starts it. */
#include "cli/command.h"
#include "cli/options.h"

#include "common/log.h"
#include "common/parse.h"

#include <limits.h>

int cmd_coordinator(int argc, char **argv)
{
    char *nothing_said[] = {argv[0], "-", NULL};
    struct run_options options;
    struct ckpt_error err;
    uint64_t root, ready;

    if (argc != 4 || parse_unsigned(argv[2], INT_MAX, &root) < 0 ||
        parse_unsigned(argv[3], INT_MAX, &ready) < 0)
        return EXIT_USAGE;
    if (run_options_parse(2, nothing_said, RUN_MODE_LAUNCH, &options, &err) < 0) {
        ckpt_warn("%s; the program runs without checkpoints", err.message);
        return EXIT_USAGE;
    }
    return supervisor_coordinate(argv[1], (pid_t)root, (int)ready, &options);
}
