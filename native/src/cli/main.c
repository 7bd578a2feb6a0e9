/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The command line: finds the subcommand. */
#include "cli/command.h"
#include "cli/usage.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", cmd_run},         {"launch", cmd_launch},
    {"restart", cmd_restart}, {"checkpoint", cmd_checkpoint},
    {"list", cmd_list},       {"status", cmd_status},
    {"inspect", cmd_inspect}, {"verify", cmd_verify},
    {"check", cmd_check},     {"coordinator", cmd_coordinator},
};

static int usage_error(const char *what, const char *word)
{
    struct ckpt_error err;

    ckpt_error_set(&err, EINVAL, "%s%s (see ckpt --help)", what, word);
    ckpt_fail(&err);
    return EXIT_USAGE;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* The first files that we open must not take the place of a standard stream that is closed: what is written there would
 * end up in the store. */
static void streams_fill(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            open("/", O_RDONLY | O_DIRECTORY);
    }
}

int main(int argc, char **argv)
{
    streams_fill();
    ckpt_log_open(NULL);
    if (argc < 2)
        return usage_error("no command given", "");
    if (strcmp(argv[1], "--version") == 0) {
        puts("ckpt " CKPT_VERSION);
        return finish_output(EXIT_SUCCESS);
    }
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0 || (argc > 2 && is_help(argv[2]))) {
        fputs(usage_text, stdout);
        return finish_output(EXIT_SUCCESS);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    return usage_error(argv[1][0] == '-' ? "unknown option " : "unknown command ", argv[1]);
}
