/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CLI_COMMAND_H
#define CKPT_CLI_COMMAND_H

/* The subcommands. Each gets its own argv (argv[0] is its name) and returns the exit status. */

#include "common/error.h"
#include "store/store.h"
#include "supervisor/exit_codes.h"

#include <stdbool.h>
#include <stdint.h>

#define EXIT_FAILED 1

int cmd_run(int argc, char **argv);
int cmd_launch(int argc, char **argv);
int cmd_restart(int argc, char **argv);
int cmd_checkpoint(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_coordinator(int argc, char **argv);

/* What those that look at a store accept. */
enum {
    ARGUMENT_JSON = 1,
    ARGUMENT_GENERATION = 2,
    ARGUMENT_TIMEOUT = 4,
    ARGUMENT_NO_DIR = 8,
    ARGUMENT_MAY_DIR = 16
};

struct arguments {
    const char *dir; /* points into argv; NULL: not given */
    bool json;
    unsigned generation; /* 0: not given */
    uint64_t timeout_ms; /* UINT64_MAX: not given */
};

/* -EINVAL: usage, with its one line. */
int arguments_parse(int argc, char **argv, unsigned accepted, struct arguments *ret,
                    struct ckpt_error *err);

/* The same, then opens the store. Returns 0, or the exit status after having said why. */
int arguments_open(int argc, char **argv, unsigned accepted, struct arguments *ret,
                   struct store **ret_store);

struct json_object;

/* Prints the document and puts it; NULL is an out-of-memory error. Returns the exit status. */
int print_json(struct json_object *document);

/* Flushes what was printed. Returns status, or EXIT_FAILED when stdout could not take it. */
int finish_output(int status);

/* "1.5 GiB", "31.5 s", "12 ms": short texts for tables. */
#define TEXT_SIZE 32
const char *text_bytes(uint64_t bytes, char text[TEXT_SIZE]);
const char *text_seconds(double seconds, char text[TEXT_SIZE]);

/* argv as one line that a shell would read back; the caller frees. NULL: no memory. */
char *text_command(char *const argv[]);

#endif
