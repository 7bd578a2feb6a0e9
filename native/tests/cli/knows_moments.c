/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Uses include/ckpt.h. `request`: prints what each of two requests returns, one with a wait for the file `go` before it.
 * `hold`: holds checkpoints off until the file `go` is there, then waits for the file `end`. */
#include "ckpt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void wait_for(const char *name)
{
    while (access(name, F_OK) < 0)
        usleep(5000);
}

static void touch(const char *name)
{
    close(open(name, O_CREAT | O_WRONLY, 0666));
}

static int request(void)
{
    errno = 7;
    printf("%d %d\n", ckpt_request(), errno);
    fflush(stdout);
    touch("ready");
    wait_for("go");
    printf("%d\n", ckpt_request());
    return 0;
}

static int hold(void)
{
    printf("%d\n", ckpt_hold(1));
    fflush(stdout);
    touch("ready");
    wait_for("go");
    printf("%d\n", ckpt_hold(0));
    fflush(stdout);
    wait_for("end");
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "hold") == 0 ? hold() : request();
}
