/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Arguments of the subcommands that look at a store: options and DIR in any order. */
#include "cli/command.h"

#include "common/log.h"
#include "common/parse.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

static const struct option long_options[] = {
    {"json", no_argument, NULL, ARGUMENT_JSON},
    {"generation", required_argument, NULL, ARGUMENT_GENERATION},
    {"timeout", required_argument, NULL, ARGUMENT_TIMEOUT},
    {NULL, 0, NULL, 0},
};

static int apply(struct arguments *arguments, int option, const char *value, struct ckpt_error *err)
{
    uint64_t number;

    switch (option) {
    case ARGUMENT_JSON:
        arguments->json = true;
        return 0;
    case ARGUMENT_GENERATION:
        if (parse_unsigned(value, INT_MAX, &number) < 0 || number == 0)
            return ckpt_error_set(err, EINVAL,
                                  "--generation is '%s', allowed is a number from 1 on", value);
        arguments->generation = (unsigned)number;
        return 0;
    default:
        if (parse_time_ms(value, &number) < 0 || number > UINT_MAX)
            return ckpt_error_set(
                err, EINVAL, "--timeout is '%s', allowed are times such as 30s, 10min, 1h", value);
        arguments->timeout_ms = number;
        return 0;
    }
}

int arguments_parse(int argc, char **argv, unsigned accepted, struct arguments *ret,
                    struct ckpt_error *err)
{
    struct arguments arguments = {.timeout_ms = UINT64_MAX};
    int wanted = accepted & ARGUMENT_NO_DIR ? 0 : 1;
    int option;

    optind = 0; /* glibc: begin anew */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        int r;

        if (option == ':')
            return ckpt_error_set(err, EINVAL, "%s: option '%s' needs a value", argv[0],
                                  argv[optind - 1]);
        if (option == '?' && optopt > ' ')
            return ckpt_error_set(err, EINVAL, "%s: unknown option '-%c'", argv[0], optopt);
        if (option == '?' || !(accepted & (unsigned)option))
            return ckpt_error_set(err, EINVAL, "%s: unknown option '%s'", argv[0],
                                  argv[optind - 1]);
        r = apply(&arguments, option, optarg, err);
        if (r < 0)
            return r;
    }
    if (argc - optind != wanted && !(accepted & ARGUMENT_MAY_DIR && argc == optind))
        return ckpt_error_set(err, EINVAL, "%s: %s", argv[0],
                              wanted ? "needs one DIR" : "takes no argument");
    if (argc > optind)
        arguments.dir = argv[optind];
    *ret = arguments;
    return 0;
}

int arguments_open(int argc, char **argv, unsigned accepted, struct arguments *ret,
                   struct store **ret_store)
{
    struct ckpt_error err;

    if (arguments_parse(argc, argv, accepted, ret, &err) < 0) {
        ckpt_fail(&err);
        return EXIT_USAGE;
    }
    if (store_open(ret->dir, ret_store, &err) < 0) {
        ckpt_fail(&err);
        return EXIT_FAILED;
    }
    return 0;
}
