/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The exit code of the command is the exit status of `ckpt run`. */
/* @status 3 */
#include "testlib.h"

int main(void)
{
    ready();
    wait_go();
    MUST(write(STDOUT_FILENO, "pass\n", 5));
    return sabotaged() ? 0 : 3;
}
