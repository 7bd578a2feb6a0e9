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

struct descriptor_index;
struct process_tree;
struct terminal_ends;

struct save_context {
    struct tree_image *tree;
    struct descriptor_index *index;       /* the descriptions seen so far */
    int dirfd;                            /* of the generation */
    struct stat input;                    /* of our own standard input; st_ino 0 if it is closed */
    uint64_t output_pipe, error_pipe;     /* inodes of the pipes that come from the tree */
    const struct process_tree *processes; /* in the order of those of the tree */
    bool proc_is_hosts;                   /* paths below /proc have our numbers, not the tree's */
    int terminal;                         /* master of the one we have given to the tree, or -1 */
    enum terminal_use terminal_use;       /* what it is for */
    bool half_read_too;                   /* files below /proc: they have been waited for in vain */
};

struct restore_context {
    const struct tree_image *tree;
    int dirfd;
    int input, output, error;        /* for the standard streams */
    int *opened;                     /* by index of description, -1: not yet */
    struct terminal_ends *terminals; /* by index */
};

/* Opens what /proc/PID/fd/N refers to once more. */
int seen_reopen(const struct seen_descriptor *seen, int flags);
/* A descriptor for the same description; needs Linux 5.6 and no permission on the file. */
int seen_duplicate(const struct seen_descriptor *seen);

/* For what is in no process of the tree but in a message on its way: the index of the description of our descriptor fd,
 * which is saved if nobody else holds it, or -errno. fd is ours no longer, also on failure. */
int descriptor_adopt(const struct save_context *context, int fd, struct ckpt_error *err);
/* Keeps a descriptor of ours open until all descriptions have been seen. */
int descriptor_keep(const struct save_context *context, int fd);

/* Likewise: the index of what the epoll descriptor waits for under that number, the nth such; -1: nobody of the tree
 * holds it. */
int epoll_target_find(const struct save_context *context, int epoll, int fd, unsigned nth,
                      uint64_t inode);
/* Once all descriptors have been seen: one of ours for the description with that index, or -1. */
int description_duplicate(const struct save_context *context, int description);

/* Access mode and status flags as open(2) may be given them again. */
#define OPEN_FLAGS_KEPT                                                                            \
    (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | O_SYNC | O_DSYNC | O_LARGEFILE |   \
     O_PATH | O_DIRECTORY | O_NOFOLLOW)

/* Each save returns 1 when the descriptor is of its kind and has been saved, 0 when it is not, or -errno. */
int path_only_save(const struct save_context *context, const struct seen_descriptor *seen,
                   struct image_description *ret, struct ckpt_error *err);
int standard_stream_save(const struct save_context *context, const struct seen_descriptor *seen,
                         struct image_description *ret, struct ckpt_error *err);
int terminal_save(const struct save_context *context, const struct seen_descriptor *seen,
                  struct image_description *ret, struct ckpt_error *err);
int pipe_save(const struct save_context *context, const struct seen_descriptor *seen,
              struct image_description *ret, struct ckpt_error *err);
int regular_file_save(const struct save_context *context, const struct seen_descriptor *seen,
                      struct image_description *ret, struct ckpt_error *err);
int directory_save(const struct save_context *context, const struct seen_descriptor *seen,
                   struct image_description *ret, struct ckpt_error *err);
int proc_file_save(const struct save_context *context, const struct seen_descriptor *seen,
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
int memfd_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err);
int pidfd_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err);
int inotify_save(const struct save_context *context, const struct seen_descriptor *seen,
                 struct image_description *ret, struct ckpt_error *err);
int posix_queue_save(const struct save_context *context, const struct seen_descriptor *seen,
                     struct image_description *ret, struct ckpt_error *err);
int socket_save(const struct save_context *context, const struct seen_descriptor *seen,
                struct image_description *ret, struct ckpt_error *err);
/* Two places in the order of things: streams that somebody outside has the other end of, and, at the end, whatever
 * else nobody can carry. */
int inherited_stream_save(const struct save_context *context, const struct seen_descriptor *seen,
                          struct image_description *ret, struct ckpt_error *err);
int inherited_save(const struct save_context *context, const struct seen_descriptor *seen,
                   struct image_description *ret, struct ckpt_error *err);
/* Once all descriptors have been seen: which pipes are read outside only. */
int pipes_save(const struct save_context *context, struct ckpt_error *err);
/* Once all descriptors have been seen: what is queued in sockets, and which are connected with which. */
int sockets_save(const struct save_context *context, struct ckpt_error *err);

/* Each restore returns the new descriptor or -errno. Nothing on disk is changed; that is left to settle. */
int standard_stream_restore(const struct restore_context *context,
                            const struct image_description *description, struct ckpt_error *err);
int terminal_restore(const struct restore_context *context,
                     const struct image_description *description, struct ckpt_error *err);
int pipe_restore(const struct restore_context *context, const struct image_description *description,
                 struct ckpt_error *err);
int regular_file_restore(const struct restore_context *context,
                         const struct image_description *description, struct ckpt_error *err);
int directory_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err);
int device_restore(const struct restore_context *context,
                   const struct image_description *description, struct ckpt_error *err);
/* Whether it is of a process, by whose number it can be opened only where /proc is the tree's. */
bool proc_file_needs_own_proc(const struct image_description *description);
int proc_file_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err);

int event_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err);
int timer_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err);
int signalfd_restore(const struct restore_context *context,
                     const struct image_description *description, struct ckpt_error *err);
int epoll_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err);
int memfd_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err);
int pidfd_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err);
int inotify_restore(const struct restore_context *context,
                    const struct image_description *description, struct ckpt_error *err);
int posix_queue_restore(const struct restore_context *context,
                        const struct image_description *description, struct ckpt_error *err);
int path_only_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err);
int inherited_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err);
int socket_restore(const struct restore_context *context,
                   const struct image_description *description, struct ckpt_error *err);
/* Once everything has been opened: messages, shut down directions, options. */
int sockets_settle(const struct restore_context *context, struct ckpt_error *err);

/* What our own opening of files has made it see. */
int inotify_settle(const struct image_description *description, int fd, struct ckpt_error *err);

/* In the process that holds it, once all processes are there: a new descriptor. spare is a number that no process has.
 * -ENOENT, and no error set: it is not about a process. */
int pidfd_open_again(const struct image_description *description, pid_t spare,
                     struct ckpt_error *err);
int proc_file_open_again(const struct image_description *description, pid_t spare,
                         struct ckpt_error *err);

/* Once everything has been opened: cuts a file back to the length it had. */
int regular_file_settle(const struct image_description *description, int fd,
                        struct ckpt_error *err);

#endif
