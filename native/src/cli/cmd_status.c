/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `ckpt status DIR`: what runs in a store and how it goes. */
#include "cli/command.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "store/document.h"
#include "store/status.h"
#include "store/task.h"

#include <stdio.h>

/* A supervisor that was killed had no time to say so; the lease tells. */
static void print_state(struct store *store, const struct status *status)
{
    printf("state       ");
    if (status->state != STATUS_RUNNING) {
        printf("%s", status_state_name(status->state));
        if (status->has_exit_status)
            printf(", exit status %d", status->exit_status);
    } else if (store_lease_is_live(store)) {
        printf("running, pid %d on %s", (int)status->pid, status->host);
    } else {
        printf("killed, it ran on %s", status->host);
    }
    printf("\nstarted     %s\n", status->started);
}

static void print_plan(struct store *store, const struct status *status)
{
    const struct status_plan *plan = &status->plan;
    char text[TEXT_SIZE];

    if (status->by_lease && store_lease_is_live(store))
        puts("interval    on record when the task has run for a second");
    if (!plan->known)
        return;
    if (plan->interval_seconds > 0)
        printf("interval    %s%s", text_seconds(plan->interval_seconds, text),
               plan->automatic ? ", chosen" : "");
    else
        printf("interval    none");
    printf("; a checkpoint takes about %s (%s)\n", text_seconds(plan->cost_seconds, text),
           plan->cost_is_measured ? "measured" : "expected of the size");
    if (plan->automatic)
        printf("failures    every %s\n", text_seconds(plan->mtbf_seconds, text));
    if (plan->limit[0])
        printf("time limit  %s, last image begun %s before\n", plan->limit,
               text_seconds(plan->lead_seconds, text));
}

static void print_status(const struct status *status)
{
    char run[TEXT_SIZE];
    double saved = 0;

    if (status->generation)
        printf("generation  %u\n", status->generation);
    else
        puts("generation  none");
    for (size_t i = 0; i < status->restart_count; i++) {
        const struct status_restart *restart = &status->restarts[i];

        saved += restart->run_seconds;
        printf("restart     %s from generation %u after %s\n", restart->time, restart->generation,
               text_seconds(restart->run_seconds, run));
    }
    if (status->restart_count)
        printf("saved       %s\n", text_seconds(saved, run));
    for (size_t i = 0; i < status->refusal_count; i++) {
        printf("refused     ");
        if (status->refusals[i].generation != 0)
            printf("generation %u: ", status->refusals[i].generation);
        puts(status->refusals[i].reason);
    }
    if (status->oom_kills != 0)
        printf("memory      the kernel has ended %ju of its control group's processes\n",
               (uintmax_t)status->oom_kills);
    if (status->failure_reason)
        printf("failure     %s %s\n", status->failure_time, status->failure_reason);
    for (size_t i = 0; i < status->warning_count; i++)
        printf("warning     %s\n", status->warnings[i]);
}

static void print_task(struct store *store)
{
    cleanup_free char *command = NULL;
    struct task task;

    if (task_read(store, &task, NULL) < 0)
        return; /* status.json is what was asked for */
    command = text_command(task.argv);
    printf("command     %s\nworkdir     %s\n", command ? command : "?", task.workdir);
    for (size_t i = 0; i < task.label_count; i++)
        printf("label       %s=%s\n", task.labels[i].key, task.labels[i].value);
    task_free(&task);
}

int cmd_status(int argc, char **argv)
{
    struct arguments arguments;
    struct ckpt_error err;
    struct status status;
    struct store *store;
    int exit_status = arguments_open(argc, argv, ARGUMENT_JSON, &arguments, &store);

    if (exit_status)
        return exit_status;
    if (status_look(store, &status, &err) < 0) {
        ckpt_fail(&err);
        store_close(store);
        return EXIT_FAILED;
    }
    if (arguments.json) {
        exit_status = print_json(status_to_json(&status));
    } else {
        print_task(store);
        print_state(store, &status);
        print_status(&status);
        print_plan(store, &status);
        exit_status = finish_output(EXIT_SUCCESS);
    }
    status_free(&status);
    store_close(store);
    return exit_status;
}
