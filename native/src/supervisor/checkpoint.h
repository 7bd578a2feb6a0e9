/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_CHECKPOINT_H
#define CKPT_SUPERVISOR_CHECKPOINT_H

/* Taking one checkpoint of a tree. The tree stands still inside checkpoint_take(); the writing goes on in a thread
 * of its own while the event loop runs, and checkpoint.done tells its end. */

#include "files/capture.h"
#include "objects/system_v.h"
#include "store/manifest.h"
#include "supervisor/output.h"
#include "supervisor/prepare.h"

#include <pthread.h>

struct checkpoint {
    bool warned_of_host; /* that objects of the host are in use */
    struct coordinator *coordinator;
    struct output *output; /* NULL in a bare tree */
    const char *run_from;  /* the working directory as the tree sees it */
    struct files files;
    struct system_v_known system_v;
    struct prepared prepared;  /* used by the next checkpoint if it is finished by then */
    uint64_t max_size;         /* of a generation, in bytes; 0: no limit */
    const char *max_size_name; /* as people know it */
    double run_seconds;        /* until the barrier, filled by the caller */
    bool half_read_too;        /* files below /proc are no obstacle */
    bool writing;              /* the thread lives */
    struct watch done;         /* becomes readable when it has finished */
    pthread_t thread;
    void *job; /* the thread's */
    unsigned generation;
    double pause_seconds, write_seconds;
    uint64_t resident_bytes;   /* of the tree, at the barrier */
    unsigned snapshots_killed; /* before they were saved: why the last one failed */
};

/* What the caller has filled in is borrowed; closing waits for a writing that is under way. */
int checkpoint_open(struct checkpoint *checkpoint, struct ckpt_error *err);
void checkpoint_close(struct checkpoint *checkpoint);

/* Parks the tree, captures what must be captured while it stands, lets it go unless stay_parked, and starts the
 * writing. On failure the tree runs on and err says why; -ECHILD: the command has just ended. Not while another one
 * is being written. */
int checkpoint_take(struct checkpoint *checkpoint, enum manifest_cause cause, const char *request,
                    bool stay_parked, struct ckpt_error *err);

/* Waits for the writing to end (the caller may have seen checkpoint.done) and returns its result. */
int checkpoint_finish(struct checkpoint *checkpoint, struct ckpt_error *err);

#endif
