/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The options of run, launch and restart: defaults, environment, refusals, and that CMD's own
 * options stay CMD's. */
#include "unit.h"

#include "cli/options.h"

#include <signal.h>

#define PARSE(mode, options, err, ...)                                                             \
    run_options_parse(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *),                            \
                      (char *[]){__VA_ARGS__, NULL}, mode, options, err)

static void clear_environment(void)
{
    unsetenv("CKPT_DIR");
    unsetenv("CKPT_INTERVAL");
    unsetenv("CKPT_SIGNAL");
}

TEST(options_have_defaults)
{
    struct run_options options;
    struct ckpt_error err;
    char *argv[] = {"run", "ls", "--fresh", "-l", NULL};

    clear_environment();
    CHECK_INT(run_options_parse(4, argv, RUN_MODE_RUN, &options, &err), 0);
    CHECK_STRING(options.dir, ".ckpt");
    CHECK_INT(options.interval_ms, 600000);
    CHECK_INT(options.keep, 2);
    CHECK_INT(options.grace_ms, 10000);
    CHECK_INT(options.signal, OPTIONS_DEFAULT_SIGNAL);
    CHECK(!options.fresh && !options.replay);
    CHECK_INT(options.generation, 0);
    CHECK_STRING(options.argv[0], "ls");
    CHECK_STRING(options.argv[1], "--fresh");
    CHECK_STRING(options.argv[2], "-l");
    CHECK(!options.argv[3]);
    run_options_free(&options);
}

TEST(options_are_taken)
{
    struct run_options options;
    struct ckpt_error err;
    char *argv[] = {"run",       "--dir=/a b", "--interval",   "30s",      "--keep",  "3",
                    "--grace",   "500ms",      "--fresh",      "--replay", "--label", "task=A (1)",
                    "--signal",  "USR1",       "--exclude",    ".ckpt*",   "--label", "x=",
                    "--exclude", "*.tmp",      "--generation", "4",        "--",      "-cmd",
                    NULL};

    clear_environment();
    CHECK_INT(run_options_parse(24, argv, RUN_MODE_RUN, &options, &err), 0);
    CHECK_STRING(options.dir, "/a b");
    CHECK_INT(options.interval_ms, 30000);
    CHECK_INT(options.keep, 3);
    CHECK_INT(options.grace_ms, 500);
    CHECK(options.fresh && options.replay);
    CHECK_INT(options.generation, 4);
    CHECK_INT(options.signal, SIGUSR1);
    CHECK_INT(options.label_count, 2);
    CHECK_STRING(options.labels[0], "task=A (1)");
    CHECK_STRING(options.labels[1], "x=");
    CHECK_INT(options.exclude_count, 2);
    CHECK_STRING(options.excludes[1], "*.tmp");
    CHECK_STRING(options.argv[0], "-cmd");
    run_options_free(&options);
}

TEST(environment_gives_defaults)
{
    struct run_options options;
    struct ckpt_error err;

    setenv("CKPT_DIR", "/from/env", 1);
    setenv("CKPT_INTERVAL", "2min", 1);
    setenv("CKPT_SIGNAL", "RTMIN+5", 1);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--interval", "0", "true"), 0);
    CHECK_STRING(options.dir, "/from/env");
    CHECK_INT(options.interval_ms, 0);
    CHECK_INT(options.signal, SIGRTMIN + 5);
    run_options_free(&options);

    setenv("CKPT_INTERVAL", "soon", 1);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "true"), -EINVAL);
    CHECK_CONTAINS(err.message, "CKPT_INTERVAL is 'soon'");
}

TEST(restart_takes_a_store)
{
    struct run_options options;
    struct ckpt_error err;

    clear_environment();
    CHECK_INT(PARSE(RUN_MODE_RESTART, &options, &err, "restart", "/store", "--replay"), 0);
    CHECK_STRING(options.dir, "/store");
    CHECK(options.replay && !options.argv);
    run_options_free(&options);
    CHECK_INT(PARSE(RUN_MODE_RESTART, &options, &err, "restart"), -EINVAL);
    CHECK_INT(PARSE(RUN_MODE_RESTART, &options, &err, "restart", "a", "b"), -EINVAL);
    CHECK_INT(PARSE(RUN_MODE_RESTART, &options, &err, "restart", "a", "--fresh"), -EINVAL);
}

TEST(wrong_usage_is_one_clear_line)
{
    struct run_options options;
    struct ckpt_error err;

    clear_environment();
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--frsh", "x"), -EINVAL);
    CHECK_STRING(err.message, "run: unknown option '--frsh'");
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "-q", "x"), -EINVAL);
    CHECK_STRING(err.message, "run: unknown option '-q'");
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--keep"), -EINVAL);
    CHECK_STRING(err.message, "run: option '--keep' needs a value");
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--replay=yes", "x"), -EINVAL);
    CHECK_STRING(err.message, "run: no value is allowed in '--replay=yes'");
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--keep", "0", "x"), -EINVAL);
    CHECK_STRING(err.message, "--keep is '0', allowed is a number from 1 on");
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--interval", "5x", "x"), -EINVAL);
    CHECK_STRING(err.message,
                 "--interval is '5x', allowed are times such as 500ms, 30s, 10min, 1h");
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--signal", "KILL", "x"), -EINVAL);
    CHECK_CONTAINS(err.message, "--signal is 'KILL'");
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--label", "nothing", "x"), -EINVAL);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--dir", "", "x"), -EINVAL);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--fresh"), -EINVAL);
    CHECK_STRING(err.message, "run: no command given");
}
