/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* DIR/task.json: the identity of what runs here. Written by the supervisor, once per
 * incarnation. */
#include "store/task.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "store/document.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define TASK_LIMIT                                                                                 \
    (64 * 1024 * 1024) /* arguments are at most a few MiB; JSON may take six bytes for one */

static int no_memory(struct ckpt_error *err)
{
    return ckpt_error_set(err, ENOMEM, "task: out of memory");
}

void task_free(struct task *task)
{
    for (char **arg = task->argv; arg && *arg; arg++)
        free(*arg);
    for (size_t i = 0; i < task->label_count; i++) {
        free(task->labels[i].key);
        free(task->labels[i].value);
    }
    free(task->argv);
    free(task->labels);
    free(task->workdir);
    free(task->attempt_dir);
    free(task->host);
    free(task->created);
    *task = (struct task){0};
}

static int copy_argv(struct task *task, char *const argv[])
{
    size_t count = 0;

    while (argv[count])
        count++;
    task->argv = calloc(count + 1, sizeof(char *));
    if (!task->argv)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        task->argv[i] = strdup(argv[i]);
        if (!task->argv[i])
            return -ENOMEM;
    }
    return 0;
}

int task_init(struct task *ret, char *const argv[], const char *workdir, struct ckpt_error *err)
{
    char host[HOST_NAME_MAX + 1] = "", now[CLOCK_TEXT_SIZE];
    struct task task = {.incarnation = 1};

    gethostname(host, sizeof(host) - 1);
    clock_text(now);
    if (random_id(task.id) < 0)
        return ckpt_error_errno(err, "task: no random numbers");
    if (copy_argv(&task, argv) < 0 || !(task.workdir = strdup(workdir)) ||
        !(task.attempt_dir = strdup(workdir)) || !(task.host = strdup(host)) ||
        !(task.created = strdup(now))) {
        task_free(&task);
        return no_memory(err);
    }
    *ret = task;
    return 0;
}

static int replace(char **member, char *value)
{
    if (!value)
        return -ENOMEM;
    free(*member);
    *member = value;
    return 0;
}

int task_set_attempt_dir(struct task *task, const char *dir, struct ckpt_error *err)
{
    return replace(&task->attempt_dir, strdup(dir)) < 0 ? no_memory(err) : 0;
}

int task_set_workdir(struct task *task, const char *dir, struct ckpt_error *err)
{
    return replace(&task->workdir, strdup(dir)) < 0 ? no_memory(err) : 0;
}

static int add_label(struct task *task, const char *key, size_t key_length, const char *value)
{
    struct task_label *grown, *label;

    for (size_t i = 0; i < task->label_count; i++) {
        label = &task->labels[i];
        if (strlen(label->key) == key_length && memcmp(label->key, key, key_length) == 0)
            return replace(&label->value, strdup(value));
    }
    grown = reallocarray(task->labels, task->label_count + 1, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    task->labels = grown;
    label = &grown[task->label_count];
    label->key = strndup(key, key_length);
    label->value = strdup(value);
    if (!label->key || !label->value) {
        free(label->key);
        free(label->value);
        return -ENOMEM;
    }
    task->label_count++;
    return 0;
}

int task_set_label(struct task *task, const char *label, struct ckpt_error *err)
{
    const char *equals = strchr(label, '=');

    if (!equals || equals == label)
        return ckpt_error_set(err, EINVAL, "label '%s' is not KEY=VALUE", label);
    return add_label(task, label, (size_t)(equals - label), equals + 1) < 0 ? no_memory(err) : 0;
}

void task_socket_name(const struct task *task, char ret_name[TASK_SOCKET_SIZE])
{
    snprintf(ret_name, TASK_SOCKET_SIZE, "ckpt-%s", task->id);
}

struct json_object *task_to_json(const struct task *task)
{
    json_object *document = document_new(), *labels = json_object_new_object();
    json_object *argv = json_object_new_array();
    int r = 0;

    for (size_t i = 0; task->argv[i]; i++)
        r |= document_append(argv, document_new_string(task->argv[i]));
    for (size_t i = 0; i < task->label_count; i++) {
        cleanup_free char *key = utf8_clean(task->labels[i].key);

        r |= key ? document_add_string(labels, key, task->labels[i].value) : -ENOMEM;
    }
    r |= document_add_string(document, "id", task->id);
    r |= document_add(document, "argv", argv);
    r |= document_add_string(document, "workdir", task->workdir);
    r |= document_add_string(document, "attemptDir", task->attempt_dir);
    r |= document_add_unsigned(document, "incarnation", task->incarnation);
    r |= document_add(document, "labels", labels);
    r |= document_add_string(document, "host", task->host);
    r |= document_add_string(document, "created", task->created);
    if (r < 0) {
        json_object_put(document);
        return NULL;
    }
    return document;
}

static int argv_from_json(json_object *array, const char *what, struct task *task,
                          struct ckpt_error *err)
{
    size_t count = json_object_array_length(array);

    if (count == 0)
        return ckpt_error_set(err, EBADMSG, "%s: \"argv\" is empty", what);
    task->argv = calloc(count + 1, sizeof(char *));
    if (!task->argv)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r =
            document_text(json_object_array_get_idx(array, i), "argv", what, &task->argv[i], err);

        if (r < 0)
            return r;
    }
    return 0;
}

static int labels_from_json(json_object *object, const char *what, struct task *task,
                            struct ckpt_error *err)
{
    json_object_object_foreach(object, key, member)
    {
        cleanup_free char *value = NULL;
        int r = document_text(member, key, what, &value, err);

        if (r < 0)
            return r;
        if (add_label(task, key, strlen(key), value) < 0)
            return no_memory(err);
    }
    return 0;
}

static int task_from_json(json_object *document, const char *what, struct task *task,
                          struct ckpt_error *err)
{
    json_object *argv, *labels;
    uint64_t incarnation;
    int r;

    if ((r = document_id(document, "id", what, task->id, err)) < 0 ||
        (r = document_array(document, "argv", what, &argv, err)) < 0 ||
        (r = argv_from_json(argv, what, task, err)) < 0 ||
        (r = document_path(document, "workdir", what, &task->workdir, err)) < 0 ||
        (r = document_path(document, "attemptDir", what, &task->attempt_dir, err)) < 0 ||
        (r = document_unsigned(document, "incarnation", what, INT_MAX, &incarnation, err)) < 0 ||
        (r = document_object(document, "labels", what, &labels, err)) < 0 ||
        (r = labels_from_json(labels, what, task, err)) < 0 ||
        (r = document_string(document, "host", what, &task->host, err)) < 0 ||
        (r = document_string(document, "created", what, &task->created, err)) < 0)
        return r;
    task->incarnation = (unsigned)incarnation;
    return 0;
}

int task_read(struct store *store, struct task *ret, struct ckpt_error *err)
{
    cleanup_json json_object *document = NULL;
    struct task task = {0};
    char what[PATH_MAX + 16];
    int r;

    snprintf(what, sizeof(what), "'%s/%s'", store->path, TASK_NAME);
    r = document_read(store->dirfd, TASK_NAME, TASK_LIMIT, what, &document, err);
    if (r < 0)
        return r;
    r = task_from_json(document, what, &task, err);
    if (r < 0) {
        task_free(&task);
        return r;
    }
    *ret = task;
    return 0;
}

int task_write(struct store *store, const struct task *task, bool sync, struct ckpt_error *err)
{
    cleanup_json json_object *document = task_to_json(task);
    char what[PATH_MAX + 16];

    snprintf(what, sizeof(what), "'%s/%s'", store->path, TASK_NAME);
    return document_write(store->dirfd, TASK_NAME, document, what, sync, err);
}
