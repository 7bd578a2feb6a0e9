/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A command that dies of SIGTERM gives `ckpt run` the status 143. */
/* @status 143 */
#include "testlib.h"

int main(void)
{
    ready();
    wait_go();
    MUST(write(STDOUT_FILENO, "pass\n", 5));
    raise(sabotaged() ? SIGINT : SIGTERM);
    return 1;
}
