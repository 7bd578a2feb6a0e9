/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_TASK_H
#define CKPT_STORE_TASK_H

/* DIR/task.json: what runs here. */

#include "common/error.h"
#include "common/random.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

struct json_object;

struct task_label {
    char *key;
    char *value;
};

/* Every pointer is owned by the struct. */
struct task {
    char id[CKPT_ID_SIZE];
    char **argv; /* ends with NULL, at least one */
    char *workdir;
    char *attempt_dir;
    unsigned incarnation;
    struct task_label *labels;
    size_t label_count;
    char *host;
    char *created;
};

/* A first incarnation, here and now: random id, this host, attempt_dir = workdir. */
int task_init(struct task *ret, char *const argv[], const char *workdir, struct ckpt_error *err);

/* "KEY=VALUE"; a key that is there already gets the new value. */
int task_set_label(struct task *task, const char *label, struct ckpt_error *err);

/* For a start from the beginning: the tree sees the directory it is started in. */
int task_set_workdir(struct task *task, const char *dir, struct ckpt_error *err);

/* For any start: where that directory lies now. */
int task_set_attempt_dir(struct task *task, const char *dir, struct ckpt_error *err);

/* -ENOENT: no task here. -EBADMSG: unreadable, or of another format. */
int task_read(struct store *store, struct task *ret, struct ckpt_error *err);
/* Reaches the disk at once only where it replaces one that generations depend on; else with the first generation
 * (commit.c), for a short task is not to wait for a disk. */
int task_write(struct store *store, const struct task *task, bool sync, struct ckpt_error *err);
#define TASK_NAME "task.json"

/* Of the coordinator's socket in the abstract namespace, without its leading NUL. */
#define TASK_SOCKET_SIZE 64
void task_socket_name(const struct task *task, char ret_name[TASK_SOCKET_SIZE]);

/* Releases what the struct owns, not the struct; fine on a zeroed one, and twice. */
void task_free(struct task *task);

/* Whether argv, run in cwd, is this task's command: every argument is the recorded one, be it
 * after paths that begin with cwd were moved to the recorded workdir. */
bool task_same_command(const struct task *task, char *const argv[], const char *cwd);

/* The caller puts the object. NULL when memory is short. */
struct json_object *task_to_json(const struct task *task);

#endif
