/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `ckpt checkpoint DIR`: asks the task that runs there for a checkpoint, from any host that sees
 * DIR. */
#include "cli/command.h"

#include "common/log.h"
#include "store/request.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_TIMEOUT_MS (10 * 60 * 1000)

int cmd_checkpoint(int argc, char **argv)
{
    struct arguments arguments;
    struct ckpt_error err;
    struct store *store;
    unsigned generation = 0, timeout_ms = DEFAULT_TIMEOUT_MS;
    int r, status = arguments_open(argc, argv, ARGUMENT_TIMEOUT, &arguments, &store);

    if (status == EXIT_FAILED)
        return EXIT_CHECKPOINT;
    if (status)
        return status;
    if (arguments.timeout_ms != UINT64_MAX)
        timeout_ms = (unsigned)arguments.timeout_ms;
    r = request_checkpoint(store, timeout_ms, &generation, &err);
    store_close(store);
    if (r < 0) {
        ckpt_fail(&err);
        return EXIT_CHECKPOINT;
    }
    printf("generation %u\n", generation);
    return finish_output(EXIT_SUCCESS);
}
