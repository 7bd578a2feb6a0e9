/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_VARIABLES_H
#define CKPT_STORE_VARIABLES_H

/* DIR/variables: what each incarnation's supervisor had in its environment, and which of it belongs to the job rather
 * than to the task. Entries stand one behind the other, each with a letter in front and a NUL behind:
 *
 *      Ldefault,MY_TOKEN      the list (--refresh-env)
 *      FSLURM_JOB_ID=12       the first incarnation had this
 *      VSLURM_JOB_ID=13       a later one
 *
 * A variable of a process that has one of these values was inherited, any other value the task has set itself. */

#include "common/error.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

/* The list by which it is known when nobody gives one: what batch systems set. */
#define VARIABLES_DEFAULT "default"

/* Names and globs, separated by commas; "default" stands for those of batch systems, "none" for nothing. */
int variables_list_check(const char *list, struct ckpt_error *err);
bool variables_list_holds(const char *list, const char *name, size_t length);

/* At a start: forgets earlier ones. list may be NULL in all of these: what is recorded, else the default. */
int variables_begin(struct store *store, char *const *environment, const char *list,
                    struct ckpt_error *err);
/* At a restart. */
int variables_renew(struct store *store, char *const *environment, const char *list,
                    struct ckpt_error *err);

/* Whether an old value, "NAME=value", has to stay what it is. */
typedef bool variable_stays(const void *context, const char *entry);

/* What restored processes are told, see wire/variables.h; the caller frees *ret. */
int variables_table(struct store *store, char *const *environment, const char *list,
                    variable_stays *stays, const void *context, char **ret, size_t *ret_size,
                    struct ckpt_error *err);

#endif
