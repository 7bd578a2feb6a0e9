/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPTCTL_H
#define CKPTCTL_H

/* The C interface that other languages load (libckptctl.so).
 *
 * Every function returns 0 or one of enum ckptctl_status. On success *ret_json is a
 * NUL-terminated UTF-8 JSON document that the caller releases with ckptctl_free(). On failure
 * *ret_json is untouched and message, which has room for message_size bytes, holds one line for
 * a person, cut if need be. Nothing here prints, exits or keeps state, so any thread may call
 * it.
 */
#ifdef __cplusplus
extern "C" {
#endif

#include <stddef.h>

#define CKPTCTL_ABI 2

enum ckptctl_status {
    CKPTCTL_OK = 0,
    CKPTCTL_EINVAL = 1,   /* an argument makes no sense */
    CKPTCTL_ENOENT = 2,   /* no store there, or no such generation */
    CKPTCTL_EDAMAGED = 3, /* something is there, but not what its checksum or format says */
    CKPTCTL_EIO = 4,      /* the system refused: the message has its words */
    CKPTCTL_EFAILED = 5,  /* a checkpoint was demanded and could not be taken */
    CKPTCTL_EBUSY = 6     /* a task runs there */
};

/* The value of CKPTCTL_ABI this library was built with. */
int ckptctl_abi(void);

/* What this host can do: {"format":1,"usable":true,"checks":[{"name","ok","detail"}]}. */
int ckptctl_check(char **ret_json, char *message, size_t message_size);

/* Verifies generation (0: the latest one that has a manifest) of the store dir, reading all of
 * it, and returns its manifest. */
int ckptctl_verify(const char *dir, unsigned generation, char **ret_json, char *message,
                   size_t message_size);

/* The store without reading any image:
 * {"format":1,"task":{},"status":{},"generations":[manifest...]}, oldest first. A part that is
 * missing is null; a damaged manifest is {"generation":N,"damaged":"why"}. */
int ckptctl_inspect(const char *dir, char **ret_json, char *message, size_t message_size);

/* Asks the live incarnation for a checkpoint and waits for it, at most timeout_ms milliseconds:
 * {"format":1,"generation":N}. */
int ckptctl_request(const char *dir, unsigned timeout_ms, char **ret_json, char *message,
                    size_t message_size);

/* Removes the store, unless a task runs there: {"format":1,"bytes":N}, what it took on disk. */
int ckptctl_remove(const char *dir, char **ret_json, char *message, size_t message_size);

void ckptctl_free(char *json);

#ifdef __cplusplus
}
#endif
#endif
