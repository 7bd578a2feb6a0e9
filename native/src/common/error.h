/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_ERROR_H
#define CKPT_COMMON_ERROR_H

/* How a function of the libraries says what went wrong. It returns 0 or a negative errno and, on
 * failure only, fills the caller's struct: one whole line for a person, without the "ckpt: " in
 * front. err may be NULL everywhere.
 *
 * Codes with a meaning across modules:
 *   ENOENT     no store, task or generation there
 *   EBADMSG    it is there, but damaged or of another format
 *   EINVAL     an argument makes no sense
 *   EBUSY      the store is in use
 *   ESRCH      nothing is running in the store
 *   ETIMEDOUT  a request was not answered in time
 *   ECANCELED  a request was refused
 *   EINPROGRESS  somebody is about to read what is in the way of a checkpoint
 * Everything else is what the system said. */
struct ckpt_error {
    int code; /* positive errno */
    char message[512];
};

/* Fills err and returns -code. */
int ckpt_error_set(struct ckpt_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with errno, whose words are appended after ": ". */
int ckpt_error_errno(struct ckpt_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
