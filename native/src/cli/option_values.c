/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The values of options: each is checked, and refused with one line that names the option, the value and what is
 * allowed. Called by options.c. */
#include "cli/option_values.h"

#include "common/parse.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

int option_time(const char *name, const char *text, uint64_t *ret, struct ckpt_error *err)
{
    if (parse_time_ms(text, ret) == 0)
        return 0;
    return ckpt_error_set(
        err, EINVAL, "%s is '%s', allowed are times such as 500ms, 30s, 10min, 1h", name, text);
}

int option_interval(struct run_options *options, const char *name, const char *text,
                    struct ckpt_error *err)
{
    options->interval_auto = strcmp(text, "auto") == 0;
    if (options->interval_auto)
        options->interval_ms = 0;
    else if (parse_time_ms(text, &options->interval_ms) < 0)
        return ckpt_error_set(
            err, EINVAL, "%s is '%s', allowed are auto and times such as 500ms, 30s, 10min, 1h",
            name, text);
    return 0;
}

int option_mtbf(struct run_options *options, const char *text, struct ckpt_error *err)
{
    int error = option_time("--mtbf", text, &options->mtbf_ms, err);

    if (error == 0 && options->mtbf_ms == 0)
        error = ckpt_error_set(err, EINVAL, "--mtbf is '%s', allowed are times above 0", text);
    return error;
}

int option_percent(const char *name, const char *text, unsigned *ret, struct ckpt_error *err)
{
    char digits[8] = "";
    size_t length = strlen(text);
    uint64_t value;

    if (length > 0 && length < sizeof(digits))
        memcpy(digits, text, text[length - 1] == '%' ? length - 1 : length);
    if (parse_unsigned(digits, 100, &value) < 0)
        return ckpt_error_set(err, EINVAL, "%s is '%s', allowed are 0%% to 100%%", name, text);
    *ret = (unsigned)value;
    return 0;
}

int option_limit(struct run_options *options, const char *text, struct ckpt_error *err)
{
    uint64_t *ret = *text == '@' ? &options->limit_at_ms : &options->limit_ms;
    uint64_t seconds;

    options->limit_none = strcmp(text, "none") == 0;
    if (options->limit_none)
        return 0;
    if (*text == '@' ? parse_unsigned(text + 1, INT64_MAX / 1000, &seconds) < 0
                     : parse_time_ms(text, ret) < 0)
        return ckpt_error_set(
            err, EINVAL,
            "--time-limit is '%s', allowed are times such as 30min, 4h, @ with the seconds since "
            "1970 of an end, and none",
            text);
    if (*text == '@')
        *ret = seconds * 1000;
    return *ret > 0 ? 0
                    : ckpt_error_set(err, EINVAL, "--time-limit is '%s', allowed are times to come",
                                     text);
}

int option_memory(struct run_options *options, const char *text, struct ckpt_error *err)
{
    if (strcmp(text, "none") == 0) {
        options->memory = 0;
        return 0;
    }
    return option_percent("--memory", text, &options->memory, err);
}

int option_size(const char *name, const char *text, uint64_t *ret, struct ckpt_error *err)
{
    if (parse_size(text, ret) == 0)
        return 0;
    return ckpt_error_set(err, EINVAL, "%s is '%s', allowed are sizes such as 500K, 64M, 1.5G",
                          name, text);
}

int option_number(const char *name, const char *text, unsigned *ret, struct ckpt_error *err)
{
    uint64_t value;

    if (parse_unsigned(text, INT_MAX, &value) < 0 || value == 0)
        return ckpt_error_set(err, EINVAL, "%s is '%s', allowed is a number from 1 on", name, text);
    *ret = (unsigned)value;
    return 0;
}

int option_signal(const char *name, const char *text, int *ret, struct ckpt_error *err)
{
    /* Those the kernel raises for faults, and those nobody can catch. */
    static const int refused[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL,
                                  SIGFPE,  SIGTRAP, SIGSYS,  SIGCHLD};
    int value;

    if (parse_signal(text, &value) < 0)
        return ckpt_error_set(err, EINVAL, "%s is '%s', allowed is a signal such as USR2", name,
                              text);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (value == refused[i])
            return ckpt_error_set(err, EINVAL,
                                  "%s is '%s', allowed are signals that a program can handle", name,
                                  text);
    }
    *ret = value;
    return 0;
}

/* NAME or NAME=ACTION. */
static int set_outside_signal(struct signal_plan *plan, const char *word, struct ckpt_error *err)
{
    static const int refused[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,
                                  SIGTRAP, SIGSYS,  SIGABRT, SIGCHLD, SIGCONT, SIGTSTP,
                                  SIGTTIN, SIGTTOU, SIGPIPE, SIGWINCH};
    char name[32] = "";
    const char *action = strchr(word, '=');
    size_t length = action != NULL ? (size_t)(action - word) : strlen(word);
    int number;

    if (length < sizeof(name))
        memcpy(name, word, length);
    bool wrong = parse_signal(name, &number) < 0;
    for (size_t i = 0; !wrong && i < sizeof(refused) / sizeof(refused[0]); i++)
        wrong = number == refused[i];
    action = action != NULL ? action + 1 : "end";
    uint64_t *set = strcmp(action, "end") == 0        ? &plan->end
                    : strcmp(action, "continue") == 0 ? &plan->stay
                    : strcmp(action, "pass") == 0     ? &plan->pass
                                                      : NULL;
    if (wrong || set == NULL)
        return ckpt_error_set(
            err, EINVAL,
            "--signal is '%s', allowed are signals such as TERM or USR1, with =end, =continue or "
            "=pass behind",
            word);
    plan->end &= ~SIGNAL_BIT(number);
    plan->stay &= ~SIGNAL_BIT(number);
    plan->pass &= ~SIGNAL_BIT(number);
    *set |= SIGNAL_BIT(number);
    return 0;
}

int option_signals(struct signal_plan *plan, const char *text, struct ckpt_error *err)
{
    char word[64];
    int error = 0;

    for (bool more = true; error == 0 && more;) {
        size_t length = strcspn(text, ",");
        snprintf(word, sizeof(word), "%.*s", (int)length, text);
        error = set_outside_signal(plan, word, err);
        more = text[length] == ',';
        text += length + 1;
    }
    return error;
}
