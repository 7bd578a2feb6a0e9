/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Prints 1, 2, 3, ... as the talk's example does, the next number whenever its turn has come: it waits for the file
 * "step.N" to exist before it prints N. Ends after the number given as its argument. */
#include "testlib.h"

int main(int argc, char **argv)
{
    int last = argc > 1 ? atoi(argv[1]) : 6;
    char name[32];

    for (int i = 1; i <= last; i++) {
        snprintf(name, sizeof(name), "step.%d", i);
        wait_for(name, false);
        printf("%d ", i);
        fflush(stdout);
        snprintf(name, sizeof(name), "done.%d", i);
        touch(name);
    }
    return 0;
}
