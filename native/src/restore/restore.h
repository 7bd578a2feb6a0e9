/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_RESTORE_H
#define CKPT_RESTORE_RESTORE_H

/* Rebuilding a tree inside a capsule. The cast, by who makes whom:
 *
 *      supervisor (outside)
 *        `- init            process 1 of the capsule: mounts, and dies with the supervisor
 *             `- stand-in   has the pid that the first supervisor had, so the root keeps its parent; opens every
 *                  |        description of the tree, makes the processes, reaps orphans, reports the root's end
 *                  |- root and its descendants
 *                  `- helpers for sessions and groups whose leaders are dead; they end before anything runs
 */

#include "common/error.h"
#include "common/namespaces.h"
#include "image/process.h"
#include "image/tree.h"
#include "proc/mappings.h"
#include "restore/plan.h"

#include <stdint.h>
#include <sys/types.h>

/* Shared by all processes of a capsule until they have become what they were. */
struct restore_shared {
    volatile uint32_t created, led, grouped, filled; /* barriers: how many have arrived */
};

struct terminal_ends;

struct restore {
    const struct tree_image *tree;
    struct restore_plan plan;
    struct restore_shared *shared;
    const char *library; /* where it lies now */
    int dirfd;           /* of the generation */
    int report_fd; /* SOCK_SEQPACKET: a struct ckpt_error, without a code for a mere warning, or a
                      struct restorer_failure */
    int status_fd; /* the root's wait status, when it ends */
    int input, output, error;
    int *opened;                     /* descriptors of the descriptions, all >= base */
    struct terminal_ends *terminals; /* the slaves, likewise, and the masters for a while */
    int *shared_memory;              /* memfds of the shared objects, likewise */
    int base;
    struct image_limit limits[IMAGE_LIMITS]; /* the supervisor's, now */
    int oom_score_adj;                       /* likewise */
};

/* What a capsule is made of. */
struct capsule_spec {
    struct restore *restore;
    struct namespaces_means means;
    const char *place; /* stands at workdir inside; without mounts it is workdir */
    const char *workdir;
    int64_t monotonic_shift_ns, boottime_shift_ns;
};

/* Makes the namespaces and, in them, init, which goes on with the rest by itself; *ret_init is its pid outside. */
int capsule_start(const struct capsule_spec *spec, pid_t *ret_init, struct ckpt_error *err);

/* In init: makes the stand-in and never returns. */
void tree_restore(struct restore *restore) __attribute__((noreturn));

/* descriptions.c, in the stand-in: moves what this program needs above all numbers that the tree wants, */
void restore_clear_numbers(struct restore *restore);
/* opens what the tree has open, */
void restore_open_descriptions(struct restore *restore);
/* and what it shares; System V objects are there. */
void restore_open_shared_memory(struct restore *restore);

/* In a process of the tree, after all barriers: becomes the process of the image. */
void process_restore(struct restore *restore, const struct image_process *process)
    __attribute__((noreturn));

/* How many bytes of addresses a process of the image takes when it is made: its own, and what a restart has beside them at
 * that moment. own: the mappings of any process that runs this program. */
uint64_t restore_addresses(const struct process_image *image, size_t lock_count,
                           const struct mappings *own);

/* Until every process of the tree has come here. */
void restore_await_all(const struct restore *restore);

/* In the capsule, when /proc is its own. */
int identity_check(const struct image_process *process, struct ckpt_error *err);

/* Goes on; the supervisor passes it on to whoever reads the log. */
void restore_warn(const struct restore *restore, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The supervisor's end of the terminal that it gave to the tree, over the report socket: one byte comes with it. */
int restore_report_terminal(int report_fd, int master);
int restore_receive(int report_fd, void *data, size_t size, int *ret_master);

/* Reports and ends the calling process; the supervisor then ends the capsule. */
void restore_fail(const struct restore *restore, const struct ckpt_error *err)
    __attribute__((noreturn));

#define RESTORE_FAIL_ERRNO(restore, ...)                                                           \
    do {                                                                                           \
        struct ckpt_error err_ = {0};                                                              \
        ckpt_error_errno(&err_, __VA_ARGS__);                                                      \
        restore_fail(restore, &err_);                                                              \
    } while (0)

#endif
