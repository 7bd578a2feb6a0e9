/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Lines written before, between and after checkpoints, through stdio and through write(), come out once each. */
/* @options --replay */
/* @stdout lines 400 */
/* @stderr lines 40 */
#include "testlib.h"

int main(void)
{
    char line[32];

    for (int i = 1; i <= 400; i++) {
        if (i % 10 == 0) {
            fprintf(stderr, "%d\n", i / 10);
            fflush(stdout);
            snprintf(line, sizeof(line), "%d\n", i);
            MUST(write(STDOUT_FILENO, line, strlen(line)));
        } else {
            printf("%d\n", i);
        }
        if (i == 50)
            ready();
        if (i > 50 && i < 390)
            moment(false);
        if (i == 395) {
            wait_go();
            if (sabotaged())
                printf("395\n");
        }
    }
    return 0;
}
