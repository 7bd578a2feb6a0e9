/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_H
#define CKPT_H

/* For programs that know a good moment for a checkpoint, or a bad one. Nothing is linked to: under `ckpt run` the two
 * functions are there, elsewhere they do nothing. Other languages call ckpt_request and ckpt_hold by these names where
 * the dynamic linker finds them; from Python:
 *
 *     library = ctypes.CDLL(None)
 *     if hasattr(library, "ckpt_request"):
 *         library.ckpt_request()
 *
 * Any thread may call them. Neither changes errno. */
#ifdef __cplusplus
extern "C" {
#endif

extern int libckpt_request(void) __attribute__((weak));
extern int libckpt_hold(int on) __attribute__((weak));

/* Takes a checkpoint of the whole task now and returns when it is complete: the number of the generation, from 1.
 * After a restart from it the call returns the same. 0: there is no checkpointer; -1: none could be taken, and
 * `ckpt status` says why. */
static inline int ckpt_request(void)
{
    return libckpt_request ? libckpt_request() : 0;
}

/* With 1: from the return on no checkpoint is begun, until the same process says 0 or ends. Not counted: one 0 is
 * enough. It is put off, no more: for one interval at most (a checkpoint that was due), or half of --grace (one that was
 * asked for, or the task's last), or not at all (under memory pressure). Returns 1, or 0 if there is no checkpointer. */
static inline int ckpt_hold(int on)
{
    return libckpt_hold ? libckpt_hold(on) : 0;
}

#ifdef __cplusplus
}
#endif
#endif
