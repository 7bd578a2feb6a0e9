/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Reading DIR/status.json, untrusted as everything in the store. */
#include "store/status.h"

#include "common/cleanup.h"
#include "store/document.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define STATUS_NAME  "status.json"
#define STATUS_LIMIT (16 * 1024 * 1024)

static int read_state(json_object *document, const char *what, struct status *status,
                      struct ckpt_error *err)
{
    cleanup_free char *name = NULL;
    int r = document_string(document, "state", what, &name, err);

    if (r < 0)
        return r;
    for (int state = STATUS_RUNNING; state <= STATUS_STOPPED; state++) {
        if (strcmp(name, status_state_name((enum status_state)state)) == 0) {
            status->state = (enum status_state)state;
            return 0;
        }
    }
    return ckpt_error_set(
        err, EBADMSG, "%s: \"state\" is \"%s\", allowed are running, ended, stopped", what, name);
}

static int read_restarts(json_object *document, const char *what, struct status *status,
                         struct ckpt_error *err)
{
    json_object *array;
    size_t count;
    int r = document_array(document, "restarts", what, &array, err);

    if (r < 0)
        return r;
    count = json_object_array_length(array);
    status->restarts = calloc(count + 1, sizeof(*status->restarts));
    if (!status->restarts)
        return ckpt_error_set(err, ENOMEM, "%s: out of memory", what);
    for (size_t i = 0; i < count; i++) {
        json_object *entry = json_object_array_get_idx(array, i);
        struct status_restart *restart = &status->restarts[i];
        uint64_t generation;

        status->restart_count = i + 1;
        if ((r = document_string(entry, "time", what, &restart->time, err)) < 0 ||
            (r = document_unsigned(entry, "generation", what, INT_MAX, &generation, err)) < 0 ||
            (r = document_seconds(entry, "runSeconds", what, &restart->run_seconds, err)) < 0)
            return r;
        restart->generation = (unsigned)generation;
    }
    return 0;
}

/* Missing in what earlier versions wrote. */
static int read_refusals(json_object *document, const char *what, struct status *status,
                         struct ckpt_error *err)
{
    json_object *array;
    uint64_t generation;
    size_t count;
    int r;

    if (!json_object_object_get_ex(document, "refused", NULL))
        return 0;
    if ((r = document_array(document, "refused", what, &array, err)) < 0)
        return r;
    count = json_object_array_length(array);
    status->refusals = calloc(count + 1, sizeof(*status->refusals));
    if (!status->refusals)
        return ckpt_error_set(err, ENOMEM, "%s: out of memory", what);
    for (size_t i = 0; i < count; i++) {
        json_object *entry = json_object_array_get_idx(array, i);

        status->refusal_count = i + 1;
        if ((r = document_unsigned(entry, "generation", what, INT_MAX, &generation, err)) < 0 ||
            (r = document_string(entry, "reason", what, &status->refusals[i].reason, err)) < 0)
            return r;
        status->refusals[i].generation = (unsigned)generation;
    }
    return 0;
}

static int read_failure(json_object *document, const char *what, struct status *status,
                        struct ckpt_error *err)
{
    json_object *failure = NULL;
    int r;

    if (json_object_object_get_ex(document, "failure", &failure) && !failure)
        return 0;
    if ((r = document_object(document, "failure", what, &failure, err)) < 0 ||
        (r = document_string(failure, "time", what, &status->failure_time, err)) < 0)
        return r;
    return document_string(failure, "reason", what, &status->failure_reason, err);
}

static int read_warnings(json_object *document, const char *what, struct status *status,
                         struct ckpt_error *err)
{
    json_object *array;
    size_t count;
    int r = document_array(document, "warnings", what, &array, err);

    if (r < 0)
        return r;
    count = json_object_array_length(array);
    status->warnings = calloc(count + 1, sizeof(char *));
    if (!status->warnings)
        return ckpt_error_set(err, ENOMEM, "%s: out of memory", what);
    status->warning_count = count;
    for (size_t i = 0; i < count; i++) {
        r = document_text(json_object_array_get_idx(array, i), "warnings", what,
                          &status->warnings[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_exit_status(json_object *document, const char *what, struct status *status,
                            struct ckpt_error *err)
{
    json_object *value = NULL;
    uint64_t number;
    int r;

    if (json_object_object_get_ex(document, "exitStatus", &value) && !value)
        return 0;
    r = document_unsigned(document, "exitStatus", what, 255, &number, err);
    if (r < 0)
        return r;
    status->has_exit_status = true;
    status->exit_status = (int)number;
    return 0;
}

/* Missing in what earlier versions wrote. */
static int read_plan(json_object *document, const char *what, struct status_plan *plan,
                     struct ckpt_error *err)
{
    cleanup_free char *limit = NULL;
    json_object *object = NULL, *value = NULL;
    int r;

    if (!json_object_object_get_ex(document, "plan", NULL))
        return 0;
    if ((r = document_object(document, "plan", what, &object, err)) < 0 ||
        (r = document_seconds(object, "intervalSeconds", what, &plan->interval_seconds, err)) < 0 ||
        (r = document_seconds(object, "mtbfSeconds", what, &plan->mtbf_seconds, err)) < 0 ||
        (r = document_seconds(object, "costSeconds", what, &plan->cost_seconds, err)) < 0 ||
        (r = document_seconds(object, "minRuntimeSeconds", what, &plan->min_runtime_seconds, err)) <
            0)
        return r;
    plan->automatic =
        json_object_object_get_ex(object, "auto", &value) && json_object_get_boolean(value);
    plan->cost_is_measured = json_object_object_get_ex(object, "costIsMeasured", &value) &&
                             json_object_get_boolean(value);
    if (json_object_object_get_ex(object, "timeLimit", NULL)) {
        if ((r = document_string(object, "timeLimit", what, &limit, err)) < 0 ||
            (r = document_seconds(object, "leadSeconds", what, &plan->lead_seconds, err)) < 0)
            return r;
        snprintf(plan->limit, sizeof(plan->limit), "%s", limit);
    }
    plan->known = true;
    return 0;
}

static int status_from_json(json_object *document, const char *what, struct status *status,
                            struct ckpt_error *err)
{
    uint64_t pid, generation;
    int r;

    if ((r = read_state(document, what, status, err)) < 0 ||
        (r = document_string(document, "host", what, &status->host, err)) < 0 ||
        (r = document_unsigned(document, "pid", what, INT_MAX, &pid, err)) < 0 ||
        (r = document_string(document, "started", what, &status->started, err)) < 0 ||
        (r = document_unsigned(document, "generation", what, INT_MAX, &generation, err)) < 0 ||
        (r = read_restarts(document, what, status, err)) < 0 ||
        (r = read_refusals(document, what, status, err)) < 0 ||
        (r = read_failure(document, what, status, err)) < 0 ||
        (r = read_warnings(document, what, status, err)) < 0 ||
        (r = read_plan(document, what, &status->plan, err)) < 0 ||
        (r = read_exit_status(document, what, status, err)) < 0)
        return r;
    if (json_object_object_get_ex(document, "oomKills", NULL) &&
        (r = document_unsigned(document, "oomKills", what, INT_MAX, &status->oom_kills, err)) < 0)
        return r;
    status->pid = (pid_t)pid;
    status->generation = (unsigned)generation;
    return 0;
}

int status_read(struct store *store, struct status *ret, struct ckpt_error *err)
{
    cleanup_json json_object *document = NULL;
    struct status status = {0};
    char what[PATH_MAX + 16];
    int r;

    snprintf(what, sizeof(what), "'%s/%s'", store->path, STATUS_NAME);
    r = document_read(store->dirfd, STATUS_NAME, STATUS_LIMIT, what, &document, err);
    if (r < 0)
        return r;
    r = status_from_json(document, what, &status, err);
    if (r < 0) {
        status_free(&status);
        return r;
    }
    *ret = status;
    return 0;
}

int status_look(struct store *store, struct status *ret, struct ckpt_error *err)
{
    struct lease_owner owner;
    int r = status_read(store, ret, err);

    if (r != -ENOENT || store_lease_owner(store, &owner) < 0)
        return r;
    *ret = (struct status){.state = STATUS_RUNNING, .host = owner.host, .pid = owner.pid};
    ret->started = owner.started;
    ret->by_lease = true;
    return 0;
}
