/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_WRITER_H
#define CKPT_SUPERVISOR_WRITER_H

#include "files/capture.h"
#include "image/tree.h"
#include "store/generation.h"
#include "store/manifest.h"

struct writer_source {
    pid_t snapshot; /* outer */
    pid_t inner;
};

/* All that the writing of one generation needs; the writer owns it while it runs. */
struct writer_job {
    struct store *store;
    unsigned generation;
    int dirfd;
    struct tree_image tree;
    struct manifest manifest;
    struct files_job files;
    struct writer_source *sources;
    size_t source_count;
    uint64_t max_size; /* of all files together; 0: no limit */
    const char *max_size_name;
    int records[2]; /* copies of the output, to be synced; -1 */
    double write_seconds;
    int result;
    unsigned snapshots_killed; /* if that is the result: -EOWNERDEAD */
    struct ckpt_error err;
};

/* Writes memory, tree.img, checksums and at last the manifest; fills result. */
void writer_run(struct writer_job *job);
void writer_job_free(struct writer_job *job);

#endif
