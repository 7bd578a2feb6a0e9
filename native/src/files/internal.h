/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_INTERNAL_H
#define CKPT_FILES_INTERNAL_H

/* What files.c (what stays), capture.c (deciding) and write.c (doing) share. */

#include "files/capture.h"
#include "files/content.h"
#include "files/walk.h"

/* Timestamps come from a clock that ticks only now and then: what was written that shortly before may be written once
 * more and keep its time. Four ticks of the slowest clock. */
#define TICK_NS 40000000LL

enum todo_kind {
    TODO_KEEP,   /* the content of the generation before */
    TODO_FINISH, /* read during the pause */
    TODO_HELD,   /* the file stands in memory */
    TODO_READ,   /* through fd, and checked afterwards */
};

struct files_todo {
    enum todo_kind kind;
    size_t entry;
    int fd;
    nlink_t links;
    struct file_content content;
    struct content_job job;
};

/* files.c */
int64_t realtime_ns(void);
struct walk walk_of(const struct files *files, struct catalog *catalog);
int entry_stat(const struct files *files, const struct file_entry *entry, struct stat *ret);
struct file_number number_of(const struct file_stamp *stamp);
int root_number(const struct files *files, struct file_number *ret, struct ckpt_error *err);
/* For reading; a descriptor or -errno. */
int entry_open(const struct files *files, const struct file_entry *entry);

/* write.c: reads size bytes of the file; during the pause, or later. */
int todo_take(struct files *files, struct files_todo *todo, int fd, uint64_t size,
              struct ckpt_error *err);

#endif
