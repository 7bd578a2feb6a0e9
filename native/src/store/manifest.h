/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_MANIFEST_H
#define CKPT_STORE_MANIFEST_H

/* manifest.json of one generation: what it holds, and the checksums. */

#include "common/error.h"
#include "common/random.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct json_object;

#define MANIFEST_TREE_IMAGE "tree.img"

enum manifest_cause {
    MANIFEST_PERIODIC,
    MANIFEST_REQUEST,
    MANIFEST_SIGNAL,
    MANIFEST_TIME_LIMIT, /* ahead of it */
    MANIFEST_MEMORY,     /* the limit was nearly reached */
    MANIFEST_CAUSES
};

struct manifest_host {
    char *name;
    char *machine;
    char *kernel;
    uint32_t page_size;
    uint64_t vdso; /* XXH3 of the vDSO's bytes */
    char *cpu;     /* features of the processor, separated by blanks; NULL: not known */
};

struct manifest_process {
    pid_t pid;
    char *name;
    unsigned threads;
    uint64_t resident_bytes;
};

struct manifest_file {
    char *name; /* no '/', no leading dot */
    uint64_t size;
    uint64_t xxh3;
    /* Not 0: xxh3 is that of the sums of the blocks of that size, and the file may be longer. */
    uint64_t block;
    bool synced; /* an earlier generation's commit has seen to that; not in the document */
};

/* How far the generation relies on DIR/notes; 0 bytes: not at all, or the generation is of a version that did not sum
 * them up. */
struct manifest_notes {
    uint64_t size;
    uint64_t xxh3;
};

/* Every pointer is owned by the struct. */
struct manifest {
    unsigned generation;
    char *created;
    enum manifest_cause cause;
    char request[CKPT_ID_SIZE]; /* "" unless cause is MANIFEST_REQUEST */
    double run_seconds;
    double pause_seconds;
    double write_seconds;
    struct manifest_host host;
    char *workdir;
    uint64_t stdout_bytes;
    uint64_t stderr_bytes;
    struct manifest_notes notes;
    struct manifest_process *processes;
    size_t process_count;
    struct manifest_file *files;
    size_t file_count;
};

/* Zeroes, then fills created (now), host name, machine, kernel, page size, and workdir. */
int manifest_init(struct manifest *ret, enum manifest_cause cause, const char *workdir,
                  struct ckpt_error *err);
int manifest_add_process(struct manifest *manifest, pid_t pid, const char *name, unsigned threads,
                         uint64_t resident_bytes); /* 0 or -ENOMEM */
int manifest_add_file(struct manifest *manifest, const char *name, uint64_t size,
                      uint64_t xxh3); /* 0, -ENOMEM, or -EINVAL for a name that is not allowed */
/* A file that generations share (files/catalog.h). */
int manifest_add_content(struct manifest *manifest, const char *name, uint64_t size, uint64_t sum,
                         bool written);
/* Of all files. */
uint64_t manifest_bytes(const struct manifest *manifest);

/* Reads and checks the text only, not the files. -ENOENT: no such complete generation; -EBADMSG:
 * damaged. */
int manifest_read(struct store *store, unsigned generation, struct manifest *ret,
                  struct ckpt_error *err);

/* Atomically, synced, into the generation's directory. Called by generation_commit(). */
int manifest_write(int dirfd, const struct manifest *manifest, struct ckpt_error *err);

/* Releases what the struct owns, not the struct; fine on a zeroed one, and twice. */
void manifest_free(struct manifest *manifest);

const char *manifest_cause_name(enum manifest_cause cause);

/* The caller puts the object. NULL when memory is short. */
struct json_object *manifest_to_json(const struct manifest *manifest);

/* what names the document in messages. */
int manifest_from_json(struct json_object *json, const char *what, struct manifest *ret,
                       struct ckpt_error *err);

#endif
