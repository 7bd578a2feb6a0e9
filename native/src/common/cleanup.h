/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_CLEANUP_H
#define CKPT_COMMON_CLEANUP_H

/* Attributes for local variables that own something: it is released when the variable goes out
 * of scope, errno kept. Initialise them (-1 for descriptors, NULL for pointers) before the first
 * return. */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct json_object;
int json_object_put(struct json_object *object);

static inline void cleanup_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(*fd);
    errno = saved;
}

static inline void cleanup_release(void *pointer)
{
    int saved = errno;

    free(*(void **)pointer);
    errno = saved;
}

static inline void cleanup_closedir(DIR **dir)
{
    int saved = errno;

    if (*dir)
        closedir(*dir);
    errno = saved;
}

static inline void cleanup_put(struct json_object **object)
{
    int saved = errno;

    if (*object)
        json_object_put(*object);
    errno = saved;
}

#define cleanup_fd   __attribute__((cleanup(cleanup_close)))
#define cleanup_free __attribute__((cleanup(cleanup_release)))
#define cleanup_dir  __attribute__((cleanup(cleanup_closedir)))
#define cleanup_json __attribute__((cleanup(cleanup_put)))

/* Hands the descriptor over: the variable no longer owns it. */
static inline int steal_fd(int *fd)
{
    int value = *fd;

    *fd = -1;
    return value;
}

#endif
