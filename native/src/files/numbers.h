/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_NUMBERS_H
#define CKPT_FILES_NUMBERS_H

/* Making the table of wire/numbers.h after a restart. */

#include "common/error.h"
#include "wire/numbers.h"

/* What has been found out so far; zeroed at first. */
struct numbers_list {
    struct numbers_pair *files, *devices;
    size_t file_count, device_count;
};

/* A file of the tree: what it is now, and what the tree knows it by. The first of a device tells what all other
 * files of that device are known by. 0 or -ENOMEM. */
int numbers_add(struct numbers_list *list, const struct numbers_pair *pair);
void numbers_list_free(struct numbers_list *list);

/* NULL, and 0, when every number is what it was; the caller frees. -ENOMEM. */
int numbers_make(const struct numbers_list *list, struct numbers **ret);

/* Puts the table where the tree's processes look for it, or removes it. */
int numbers_write(const struct numbers *numbers, int store, struct ckpt_error *err);

#endif
