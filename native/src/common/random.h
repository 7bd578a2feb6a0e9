/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_RANDOM_H
#define CKPT_COMMON_RANDOM_H

#include <stdbool.h>

/* Names of tasks and requests: 32 lower-case hexadecimal digits. */
#define CKPT_ID_SIZE 33

/* Returns 0 or -errno. */
int random_id(char ret_id[CKPT_ID_SIZE]);
bool id_is_valid(const char *id);

#endif
