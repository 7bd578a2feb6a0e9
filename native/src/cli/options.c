/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Options of `ckpt run`, `launch` and `restart`. Parsing stops at the first word that is no
 * option, so that CMD's own options stay CMD's. */
#include "cli/options.h"
#include "cli/option_values.h"

#include "store/variables.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_DIR = 256,
    OPTION_INTERVAL,
    OPTION_KEEP,
    OPTION_GRACE,
    OPTION_FRESH,
    OPTION_REPLAY,
    OPTION_GENERATION,
    OPTION_SIGNAL,
    OPTION_CHECKPOINT_SIGNAL,
    OPTION_MTBF,
    OPTION_JITTER,
    OPTION_MIN_RUNTIME,
    OPTION_TIME_LIMIT,
    OPTION_MEMORY,
    OPTION_LABEL,
    OPTION_EXCLUDE,
    OPTION_EACH_OWN,
    OPTION_DEDICATED,
    OPTION_SAME_TASK,
    OPTION_REMOVE_UNUSED,
    OPTION_REFERENCE,
    OPTION_MAX_SIZE,
    OPTION_REFRESH,
    OPTION_KNOWN_AS
};

static const struct option long_options[] = {
    {"dir", required_argument, NULL, OPTION_DIR},
    {"interval", required_argument, NULL, OPTION_INTERVAL},
    {"keep", required_argument, NULL, OPTION_KEEP},
    {"grace", required_argument, NULL, OPTION_GRACE},
    {"fresh", no_argument, NULL, OPTION_FRESH},
    {"replay", no_argument, NULL, OPTION_REPLAY},
    {"generation", required_argument, NULL, OPTION_GENERATION},
    {"signal", required_argument, NULL, OPTION_SIGNAL},
    {"checkpoint-signal", required_argument, NULL, OPTION_CHECKPOINT_SIGNAL},
    {"mtbf", required_argument, NULL, OPTION_MTBF},
    {"jitter", required_argument, NULL, OPTION_JITTER},
    {"min-runtime", required_argument, NULL, OPTION_MIN_RUNTIME},
    {"time-limit", required_argument, NULL, OPTION_TIME_LIMIT},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"label", required_argument, NULL, OPTION_LABEL},
    {"exclude", required_argument, NULL, OPTION_EXCLUDE},
    {"each-own", required_argument, NULL, OPTION_EACH_OWN},
    {"dedicated", no_argument, NULL, OPTION_DEDICATED},
    {"same-task", no_argument, NULL, OPTION_SAME_TASK},
    {"remove-unused", no_argument, NULL, OPTION_REMOVE_UNUSED},
    {"by-reference", required_argument, NULL, OPTION_REFERENCE},
    {"max-size", required_argument, NULL, OPTION_MAX_SIZE},
    {"refresh-env", required_argument, NULL, OPTION_REFRESH},
    {"known-as", required_argument, NULL, OPTION_KNOWN_AS},
    {NULL, 0, NULL, 0},
};

static int set_reference(struct run_options *options, const char *text, struct ckpt_error *err)
{
    if (strcmp(text, "none") != 0)
        return option_size("--by-reference", text, &options->reference_from, err);
    options->reference_from = UINT64_MAX;
    return 0;
}

static int set_text(char **member, const char *text, struct ckpt_error *err)
{
    char *copy = strdup(text);

    if (!copy)
        return ckpt_error_set(err, ENOMEM, "out of memory");
    free(*member);
    *member = copy;
    return 0;
}

static int set_label(struct run_options *options, const char *text, struct ckpt_error *err)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text)
        return ckpt_error_set(err, EINVAL, "--label is '%s', allowed is KEY=VALUE", text);
    return run_options_add(&options->labels, &options->label_count, text, err);
}

static bool is_option(const char *name, size_t length)
{
    for (const struct option *option = long_options; option->name != NULL; option++) {
        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
            return true;
    }
    return false;
}

static int set_name(struct run_options *options, const char *text, struct ckpt_error *err)
{
    const char *equals = strchr(text, '=');

    if (!equals || !equals[1] || !is_option(text, (size_t)(equals - text)))
        return ckpt_error_set(err, EINVAL,
                              "--known-as is '%s', allowed is OPTION=NAME with an option as it "
                              "reads here without its dashes",
                              text);
    return run_options_add(&options->names, &options->name_count, text, err);
}

static int set_dir(struct run_options *options, const char *name, const char *text,
                   struct ckpt_error *err)
{
    if (!*text)
        return ckpt_error_set(err, EINVAL, "%s is empty", name);
    return set_text(&options->dir, text, err);
}

static int set_variables(struct run_options *options, const char *list, struct ckpt_error *err)
{
    int r = variables_list_check(list, err);

    return r < 0 ? r : set_text(&options->refresh, list, err);
}

static int set_defaults(struct run_options *options, struct ckpt_error *err)
{
    const char *interval = getenv("CKPT_INTERVAL"), *name = getenv("CKPT_SIGNAL");
    const char *dir = getenv("CKPT_DIR");
    int r = 0;

    *options = (struct run_options){.interval_ms = OPTIONS_DEFAULT_INTERVAL_MS,
                                    .keep = OPTIONS_DEFAULT_KEEP,
                                    .grace_ms = OPTIONS_DEFAULT_GRACE_MS,
                                    .reference_from = OPTIONS_DEFAULT_REFERENCE,
                                    .signal = OPTIONS_DEFAULT_SIGNAL,
                                    .mtbf_ms = OPTIONS_DEFAULT_MTBF_MS,
                                    .jitter = OPTIONS_DEFAULT_JITTER,
                                    .memory = OPTIONS_DEFAULT_MEMORY,
                                    .signals = {.end = SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGINT) |
                                                       SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGUSR2),
                                                .pass = OPTIONS_DEFAULT_PASS}};
    if (interval && *interval)
        r = option_interval(options, "CKPT_INTERVAL", interval, err);
    if (r == 0 && name && *name)
        r = option_signal("CKPT_SIGNAL", name, &options->signal, err);
    if (r == 0)
        r = set_text(&options->dir, dir && *dir ? dir : OPTIONS_DEFAULT_DIR, err);
    return r;
}

static int apply(struct run_options *options, int option, const char *value, struct ckpt_error *err)
{
    switch (option) {
    case OPTION_DIR:
        return set_dir(options, "--dir", value, err);
    case OPTION_INTERVAL:
        return option_interval(options, "--interval", value, err);
    case OPTION_KEEP:
        return option_number("--keep", value, &options->keep, err);
    case OPTION_GRACE:
        return option_time("--grace", value, &options->grace_ms, err);
    case OPTION_GENERATION:
        return option_number("--generation", value, &options->generation, err);
    case OPTION_SIGNAL:
        return option_signals(&options->signals, value, err);
    case OPTION_CHECKPOINT_SIGNAL:
        return option_signal("--checkpoint-signal", value, &options->signal, err);
    case OPTION_MTBF:
        return option_mtbf(options, value, err);
    case OPTION_JITTER:
        return option_percent("--jitter", value, &options->jitter, err);
    case OPTION_MIN_RUNTIME:
        return option_time("--min-runtime", value, &options->min_runtime_ms, err);
    case OPTION_TIME_LIMIT:
        return option_limit(options, value, err);
    case OPTION_MEMORY:
        return option_memory(options, value, err);
    case OPTION_LABEL:
        return set_label(options, value, err);
    case OPTION_EXCLUDE:
        return run_options_exclude(options, value, err);
    case OPTION_EACH_OWN:
        return run_options_add(&options->each_own, &options->each_own_count, value, err);
    case OPTION_DEDICATED:
        options->dedicated = true;
        return 0;
    case OPTION_REFERENCE:
        return set_reference(options, value, err);
    case OPTION_SAME_TASK:
        options->same_task = true;
        return 0;
    case OPTION_REMOVE_UNUSED:
        options->remove_unused = true;
        return 0;
    case OPTION_MAX_SIZE:
        return option_size("--max-size", value, &options->max_size, err);
    case OPTION_REFRESH:
        return set_variables(options, value, err);
    case OPTION_KNOWN_AS:
        return set_name(options, value, err);
    case OPTION_FRESH:
        options->fresh = true;
        return 0;
    default:
        options->replay = true;
        return 0;
    }
}

/* The store and the command are known elsewhere when a restart is all that is wanted. */
static bool is_allowed(enum run_mode mode, int option)
{
    return mode != RUN_MODE_RESTART ||
           (option != OPTION_DIR && option != OPTION_FRESH && option != OPTION_LABEL);
}

static int parse(int argc, char **argv, enum run_mode mode, struct run_options *options,
                 struct ckpt_error *err)
{
    const char *order = mode == RUN_MODE_RESTART ? ":" : "+:";
    int option, r;

    optind = 0; /* glibc: begin anew */
    opterr = 0;
    while ((option = getopt_long(argc, argv, order, long_options, NULL)) != -1) {
        if (option == ':')
            return ckpt_error_set(err, EINVAL, "%s: option '%s' needs a value", argv[0],
                                  argv[optind - 1]);
        if (option == '?' && optopt && optopt < OPTION_DIR)
            return ckpt_error_set(err, EINVAL, "%s: unknown option '-%c'", argv[0], optopt);
        if (option == '?')
            return ckpt_error_set(err, EINVAL, "%s: %s '%s'", argv[0],
                                  optopt ? "no value is allowed in" : "unknown option",
                                  argv[optind - 1]);
        if (!is_allowed(mode, option))
            return ckpt_error_set(err, EINVAL, "%s: option '--%s' makes no sense here", argv[0],
                                  long_options[option - OPTION_DIR].name);
        r = apply(options, option, optarg, err);
        if (r < 0)
            return r;
    }
    if (mode == RUN_MODE_RESTART) {
        if (argc - optind != 1)
            return ckpt_error_set(err, EINVAL, "%s: needs one DIR", argv[0]);
        return set_dir(options, "DIR", argv[optind], err);
    }
    if (optind == argc)
        return ckpt_error_set(err, EINVAL, "%s: no command given", argv[0]);
    options->argv = argv + optind;
    return 0;
}

int run_options_parse(int argc, char **argv, enum run_mode mode, struct run_options *ret,
                      struct ckpt_error *err)
{
    struct run_options options;
    int r = set_defaults(&options, err);

    if (r == 0)
        r = parse(argc, argv, mode, &options, err);
    if (r < 0) {
        run_options_free(&options);
        return r;
    }
    *ret = options;
    return 0;
}
