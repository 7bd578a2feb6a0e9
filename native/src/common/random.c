/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Identifiers nobody can guess or meet by chance. */
#include "common/random.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

int random_id(char ret_id[CKPT_ID_SIZE])
{
    unsigned char bytes[CKPT_ID_SIZE / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return errno ? -errno : -EIO;
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(ret_id + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

bool id_is_valid(const char *id)
{
    size_t length = 0;

    for (; id[length]; length++) {
        bool hex =
            (id[length] >= '0' && id[length] <= '9') || (id[length] >= 'a' && id[length] <= 'f');

        if (!hex || length >= CKPT_ID_SIZE - 1)
            return false;
    }
    return length == CKPT_ID_SIZE - 1;
}
