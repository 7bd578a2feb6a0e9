/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_REQUEST_NAME_H
#define CKPT_STORE_REQUEST_NAME_H

#include <stdio.h>

#define REQUEST_DIRECTORY "requests"
#define REQUEST_SUFFIX    ".request"
#define REPLY_SUFFIX      ".reply"
#define REQUEST_NAME_SIZE 64

static inline void request_names(const char *id, char request[REQUEST_NAME_SIZE],
                                 char reply[REQUEST_NAME_SIZE])
{
    snprintf(request, REQUEST_NAME_SIZE, "%s" REQUEST_SUFFIX, id);
    snprintf(reply, REQUEST_NAME_SIZE, "%s" REPLY_SUFFIX, id);
}

#endif
