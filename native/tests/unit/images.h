/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef IMAGES_H
#define IMAGES_H

#include "image/process.h"
#include "image/tree.h"

#define IMAGES_PID 100 /* the root, and whose process image it is */

/* A tree with a description of every kind and three processes: the root, a zombie, one with a session of its own. The
 * caller frees it. */
void images_tree(struct tree_image *ret);

/* Anonymous memory, two mappings of one file, a shared file, a shared object, vvar and vdso; four runs of pages. */
void images_process(struct process_image *ret);

/* Replaces a file of the working directory. */
void images_put(const char *name, const void *data, size_t size);
/* The caller frees it; a NUL follows. */
char *images_get(const char *name, size_t *ret_size);

/* Writes the process image and as many pages to go with it. */
void images_put_process(const struct process_image *image);
void images_put_pages(uint64_t bytes);

#endif
