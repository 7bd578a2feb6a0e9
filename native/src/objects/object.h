/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_OBJECT_H
#define CKPT_OBJECTS_OBJECT_H

/* Things that descriptors refer to. Each file of this folder owns one kind and holds its two halves:
 *
 *   save     in the supervisor, while the tree is parked: fills the description from what /proc shows
 *   restore  in the capsule, before the first process is made: opens the description again; every process of the tree
 *            inherits it and puts it in its place
 */

#include "common/error.h"
#include "image/tree.h"

#include <stdbool.h>
#include <sys/stat.h>

/* One descriptor of a parked process. */
struct seen_descriptor {
    pid_t outer;
    int fd;
    int flags; /* of open, without O_CLOEXEC */
    int64_t offset;
    struct stat status;
    const char *target; /* what /proc/PID/fd/N points to */
    const char *info;   /* the text of /proc/PID/fdinfo/N */
};

struct save_context {
    struct tree_image *tree;
    int dirfd;                        /* of the generation */
    struct stat input;                /* of our own standard input; st_ino 0 if it is closed */
    uint64_t output_pipe, error_pipe; /* inodes of the pipes that come from the tree */
};

struct restore_context {
    const struct tree_image *tree;
    int dirfd;
    int input, output, error; /* for the standard streams */
    int *opened;              /* by index of description, -1: not yet */
};

/* Opens what /proc/PID/fd/N refers to once more. */
int seen_reopen(const struct seen_descriptor *seen, int flags);
/* A descriptor for the same description; needs Linux 5.6 and no permission on the file. */
int seen_duplicate(const struct seen_descriptor *seen);

/* Access mode and status flags as open(2) may be given them again. */
#define OPEN_FLAGS_KEPT                                                                            \
    (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | O_SYNC | O_DSYNC | O_LARGEFILE |   \
     O_PATH | O_DIRECTORY | O_NOFOLLOW)

/* Each save returns 1 when the descriptor is of its kind and has been saved, 0 when it is not, or -errno. */
int standard_stream_save(const struct save_context *context, const struct seen_descriptor *seen,
                         struct image_description *ret, struct ckpt_error *err);
int pipe_save(const struct save_context *context, const struct seen_descriptor *seen,
              struct image_description *ret, struct ckpt_error *err);
int regular_file_save(const struct save_context *context, const struct seen_descriptor *seen,
                      struct image_description *ret, struct ckpt_error *err);
int directory_save(const struct save_context *context, const struct seen_descriptor *seen,
                   struct image_description *ret, struct ckpt_error *err);
int device_save(const struct save_context *context, const struct seen_descriptor *seen,
                struct image_description *ret, struct ckpt_error *err);
int event_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err);
int timer_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err);
int signalfd_save(const struct save_context *context, const struct seen_descriptor *seen,
                  struct image_description *ret, struct ckpt_error *err);
int epoll_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err);
int socket_hung_up_save(const struct save_context *context, const struct seen_descriptor *seen,
                        struct image_description *ret, struct ckpt_error *err);

/* Each restore returns the new descriptor or -errno. Nothing on disk is changed; that is left to settle. */
int standard_stream_restore(const struct restore_context *context,
                            const struct image_description *description, struct ckpt_error *err);
int pipe_restore(const struct restore_context *context, const struct image_description *description,
                 struct ckpt_error *err);
int regular_file_restore(const struct restore_context *context,
                         const struct image_description *description, struct ckpt_error *err);
int directory_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err);
int device_restore(const struct restore_context *context,
                   const struct image_description *description, struct ckpt_error *err);

int event_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err);
int timer_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err);
int signalfd_restore(const struct restore_context *context,
                     const struct image_description *description, struct ckpt_error *err);
int epoll_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err);
int socket_hung_up_restore(const struct restore_context *context,
                           const struct image_description *description, struct ckpt_error *err);

/* In the process that holds the epoll descriptor epoll, once all its descriptors are in place. */
int epoll_fill(const struct image_description *description, int epoll, struct ckpt_error *err);

/* Once everything has been opened: cuts a file back to the length it had. */
int regular_file_settle(const struct image_description *description, int fd,
                        struct ckpt_error *err);

#endif
