/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* DIR/status.json: how the task goes. Replaced at every change, without a sync: after a crash of
 * the host an older one is as good, since the generations speak for themselves. */
#include "store/status.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "store/document.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STATUS_NAME "status.json"

#define STATUS_WARNINGS_MAX 100 /* a task that warns in a loop must not fill the disk */

static const char *const state_names[] = {"running", "ended", "stopped"};

const char *status_state_name(enum status_state state)
{
    return state_names[state];
}

void status_remove(const struct store *store)
{
    unlinkat(store->dirfd, STATUS_NAME, 0);
}

void status_free(struct status *status)
{
    for (size_t i = 0; i < status->restart_count; i++)
        free(status->restarts[i].time);
    for (size_t i = 0; i < status->warning_count; i++)
        free(status->warnings[i]);
    for (size_t i = 0; i < status->refusal_count; i++)
        free(status->refusals[i].reason);
    free(status->restarts);
    free(status->refusals);
    free(status->warnings);
    free(status->host);
    free(status->started);
    free(status->failure_time);
    free(status->failure_reason);
    *status = (struct status){0};
}

int status_init(struct status *ret, struct ckpt_error *err)
{
    char host[HOST_NAME_MAX + 1] = "", now[CLOCK_TEXT_SIZE];
    struct status status = {.state = STATUS_RUNNING, .pid = getpid()};

    gethostname(host, sizeof(host) - 1);
    clock_text(now);
    status.host = strdup(host);
    status.started = strdup(now);
    if (!status.host || !status.started) {
        status_free(&status);
        return ckpt_error_set(err, ENOMEM, "status: out of memory");
    }
    *ret = status;
    return 0;
}

int status_renew(struct status *status, struct ckpt_error *err)
{
    struct status fresh;
    int r = status_init(&fresh, err);

    if (r < 0)
        return r;
    fresh.restarts = status->restarts;
    fresh.restart_count = status->restart_count;
    fresh.generation = status->generation;
    status->restarts = NULL;
    status->restart_count = 0;
    status_free(status);
    *status = fresh;
    return 0;
}

int status_add_restart(struct status *status, unsigned generation, double run_seconds)
{
    char now[CLOCK_TEXT_SIZE];
    struct status_restart *grown;

    clock_text(now);
    grown = reallocarray(status->restarts, status->restart_count + 1, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    status->restarts = grown;
    grown[status->restart_count] = (struct status_restart){
        .time = strdup(now), .generation = generation, .run_seconds = run_seconds};
    if (!grown[status->restart_count].time)
        return -ENOMEM;
    status->restart_count++;
    return 0;
}

int status_add_refusal(struct status *status, unsigned generation, const char *reason)
{
    struct status_refusal *grown =
        reallocarray(status->refusals, status->refusal_count + 1, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    status->refusals = grown;
    grown[status->refusal_count] =
        (struct status_refusal){.generation = generation, .reason = strdup(reason)};
    if (!grown[status->refusal_count].reason)
        return -ENOMEM;
    status->refusal_count++;
    return 0;
}

int status_set_failure(struct status *status, const char *reason)
{
    char now[CLOCK_TEXT_SIZE];
    char *time = NULL, *copy = NULL;

    if (reason) {
        clock_text(now);
        time = strdup(now);
        copy = strdup(reason);
        if (!time || !copy) {
            free(time);
            free(copy);
            return -ENOMEM;
        }
    }
    free(status->failure_time);
    free(status->failure_reason);
    status->failure_time = time;
    status->failure_reason = copy;
    return 0;
}

int status_add_warning(struct status *status, const char *text)
{
    char **grown;

    for (size_t i = 0; i < status->warning_count; i++) {
        if (strcmp(status->warnings[i], text) == 0)
            return 0;
    }
    if (status->warning_count >= STATUS_WARNINGS_MAX)
        return 0;
    grown = reallocarray(status->warnings, status->warning_count + 1, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    status->warnings = grown;
    grown[status->warning_count] = strdup(text);
    if (!grown[status->warning_count])
        return -ENOMEM;
    status->warning_count++;
    return 0;
}

static json_object *restarts_to_json(const struct status *status)
{
    json_object *array = json_object_new_array();
    int r = 0;

    for (size_t i = 0; i < status->restart_count; i++) {
        const struct status_restart *restart = &status->restarts[i];
        json_object *entry = json_object_new_object();

        r |= document_add_string(entry, "time", restart->time);
        r |= document_add_unsigned(entry, "generation", restart->generation);
        r |= document_add_seconds(entry, "runSeconds", restart->run_seconds);
        r |= document_append(array, entry);
    }
    if (r < 0) {
        json_object_put(array);
        return NULL;
    }
    return array;
}

static json_object *refusals_to_json(const struct status *status)
{
    json_object *array = json_object_new_array();
    int r = 0;

    for (size_t i = 0; i < status->refusal_count; i++) {
        json_object *entry = json_object_new_object();

        r |= document_add_unsigned(entry, "generation", status->refusals[i].generation);
        r |= document_add_string(entry, "reason", status->refusals[i].reason);
        r |= document_append(array, entry);
    }
    if (r < 0) {
        json_object_put(array);
        return NULL;
    }
    return array;
}

static int add_failure(json_object *document, const struct status *status)
{
    json_object *failure;
    int r;

    if (!status->failure_reason)
        return json_object_object_add(document, "failure", NULL) < 0 ? -ENOMEM : 0;
    failure = json_object_new_object();
    r = document_add_string(failure, "time", status->failure_time);
    r |= document_add_string(failure, "reason", status->failure_reason);
    return r | document_add(document, "failure", failure);
}

static json_object *plan_to_json(const struct status_plan *plan)
{
    json_object *object = json_object_new_object();
    int r = document_add_seconds(object, "intervalSeconds", plan->interval_seconds);

    r |= document_add(object, "auto", json_object_new_boolean(plan->automatic));
    r |= document_add_seconds(object, "mtbfSeconds", plan->mtbf_seconds);
    r |= document_add_seconds(object, "costSeconds", plan->cost_seconds);
    r |= document_add(object, "costIsMeasured", json_object_new_boolean(plan->cost_is_measured));
    r |= document_add_seconds(object, "minRuntimeSeconds", plan->min_runtime_seconds);
    if (plan->limit[0]) {
        r |= document_add_string(object, "timeLimit", plan->limit);
        r |= document_add_seconds(object, "leadSeconds", plan->lead_seconds);
    }
    if (r < 0) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

struct json_object *status_to_json(const struct status *status)
{
    json_object *document = document_new(), *warnings = json_object_new_array();
    int r = document ? 0 : -ENOMEM;

    for (size_t i = 0; i < status->warning_count; i++)
        r |= document_append(warnings, document_new_string(status->warnings[i]));
    r |= document_add_string(document, "state", status_state_name(status->state));
    r |= document_add_string(document, "host", status->host);
    r |= document_add_unsigned(document, "pid", (uint64_t)status->pid);
    r |= document_add_string(document, "started", status->started);
    r |= document_add_unsigned(document, "generation", status->generation);
    r |= document_add(document, "restarts", restarts_to_json(status));
    r |= document_add(document, "refused", refusals_to_json(status));
    if (document)
        r |= add_failure(document, status);
    r |= document_add(document, "warnings", warnings);
    if (status->plan.known)
        r |= document_add(document, "plan", plan_to_json(&status->plan));
    r |= document_add_unsigned(document, "oomKills", status->oom_kills);
    if (status->has_exit_status)
        r |= document_add(document, "exitStatus", json_object_new_int(status->exit_status));
    else if (document)
        r |= json_object_object_add(document, "exitStatus", NULL);
    if (r < 0) {
        json_object_put(document);
        return NULL;
    }
    return document;
}

int status_write(struct store *store, const struct status *status, struct ckpt_error *err)
{
    cleanup_json json_object *document = status_to_json(status);
    char what[PATH_MAX + 16];

    snprintf(what, sizeof(what), "'%s/%s'", store->path, STATUS_NAME);
    return document_write(store->dirfd, STATUS_NAME, document, what, false, err);
}
