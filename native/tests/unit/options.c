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

TEST(options_have_other_names_for_people)
{
    struct run_options options;
    struct ckpt_error err;

    clear_environment();
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--known-as", "max-size=a.maxSize",
                    "--known-as", "grace=a.grace=", "x"),
              0);
    CHECK_STRING(run_options_name(&options, "--max-size"), "a.maxSize");
    CHECK_STRING(run_options_name(&options, "--grace"), "a.grace=");
    CHECK_STRING(run_options_name(&options, "--min-runtime"), "--min-runtime");
    run_options_free(&options);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--known-as", "max=a", "x"), -EINVAL);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--known-as", "max-size=", "x"), -EINVAL);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--known-as", "max-size", "x"), -EINVAL);
}

TEST(options_are_taken)
{
    struct run_options options;
    struct ckpt_error err;
    char *argv[] = {"run",
                    "--dir=/a b",
                    "--interval",
                    "30s",
                    "--keep",
                    "3",
                    "--grace",
                    "500ms",
                    "--fresh",
                    "--replay",
                    "--label",
                    "task=A (1)",
                    "--checkpoint-signal",
                    "USR1",
                    "--exclude",
                    ".ckpt*",
                    "--label",
                    "x=",
                    "--exclude",
                    "*.tmp",
                    "--each-own",
                    ".own*",
                    "--generation",
                    "4",
                    "--",
                    "-cmd",
                    NULL};

    clear_environment();
    CHECK_INT(run_options_parse(26, argv, RUN_MODE_RUN, &options, &err), 0);
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
    CHECK_INT(options.each_own_count, 1);
    CHECK_STRING(options.each_own[0], ".own*");
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
                 "--interval is '5x', allowed are auto and times such as 500ms, 30s, 10min, 1h");
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--checkpoint-signal", "KILL", "x"),
              -EINVAL);
    CHECK_CONTAINS(err.message, "--checkpoint-signal is 'KILL'");
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--label", "nothing", "x"), -EINVAL);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--dir", "", "x"), -EINVAL);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--fresh"), -EINVAL);
    CHECK_STRING(err.message, "run: no command given");
}

TEST(options_say_when)
{
    struct run_options options;
    struct ckpt_error err;

    clear_environment();
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "x"), 0);
    CHECK(!options.interval_auto && !options.limit_none);
    CHECK_INT(options.mtbf_ms, 24 * 3600 * 1000);
    CHECK_INT(options.jitter, 10);
    CHECK_INT(options.memory, 90);
    CHECK_INT(options.min_runtime_ms + options.limit_ms + options.limit_at_ms, 0);
    CHECK_INT(options.signals.end,
              SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGUSR2));
    run_options_free(&options);

    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--interval", "auto", "--mtbf=2h",
                    "--jitter=0%", "--min-runtime", "90s", "--time-limit", "@1800000000",
                    "--memory", "none", "x"),
              0);
    CHECK(options.interval_auto);
    CHECK_INT(options.interval_ms, 0);
    CHECK_INT(options.mtbf_ms, 7200000);
    CHECK_INT(options.jitter, 0);
    CHECK_INT(options.min_runtime_ms, 90000);
    CHECK_INT(options.limit_at_ms, 1800000000000);
    CHECK_INT(options.memory, 0);
    run_options_free(&options);

    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--interval", "auto", "--interval", "5s",
                    "--time-limit=4h", "--memory=75", "x"),
              0);
    CHECK(!options.interval_auto);
    CHECK_INT(options.limit_ms, 4 * 3600 * 1000);
    CHECK_INT(options.memory, 75);
    run_options_free(&options);
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--time-limit=none", "x"), 0);
    CHECK(options.limit_none);
    run_options_free(&options);
}

TEST(signals_from_outside_are_chosen)
{
    struct run_options options;
    struct ckpt_error err;

    clear_environment();
    CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", "--signal", "USR1,SIGUSR2=continue",
                    "--signal=HUP=pass", "x"),
              0);
    CHECK_INT(options.signals.end, SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGUSR1));
    CHECK_INT(options.signals.stay, SIGNAL_BIT(SIGUSR2));
    CHECK_INT(options.signals.pass & 0x7fff,
              SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGALRM));
    CHECK_INT(options.signal, OPTIONS_DEFAULT_SIGNAL);
    run_options_free(&options);
}

TEST(wrong_times_and_signals_are_one_clear_line)
{
    static char *const wrong[][2] = {
        {"--mtbf", "0"},          {"--mtbf", "often"},        {"--jitter", "101"},
        {"--jitter", ""},         {"--jitter", "-1"},         {"--min-runtime", "x"},
        {"--time-limit", "0"},    {"--time-limit", "@"},      {"--time-limit", "@1e9"},
        {"--time-limit", "soon"}, {"--memory", "200"},        {"--memory", "1G"},
        {"--signal", "KILL"},     {"--signal", "USR1=maybe"}, {"--signal", "USR1,"},
        {"--signal", ""},         {"--signal", "STOP=pass"},  {"--signal", "TERM,CHLD"},
        {"--interval", "autumn"},
    };
    struct run_options options;
    struct ckpt_error err;

    clear_environment();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_INT(PARSE(RUN_MODE_RUN, &options, &err, "run", wrong[i][0], wrong[i][1], "x"),
                  -EINVAL);
        CHECK_CONTAINS(err.message, wrong[i][0]);
        CHECK_CONTAINS(err.message, "allowed");
    }
}
