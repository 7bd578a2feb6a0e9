/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_ATTRIBUTES_H
#define CKPT_FILES_ATTRIBUTES_H

/* What a file is besides its bytes: owner, mode, extended attributes, time of modification. */

#include "files/catalog.h"

#include <sys/stat.h>

/* All that stat(2) tells. */
void attributes_from_status(const struct stat *status, struct file_entry *ret);
/* Whether the file that stat(2) tells that of is what it was. */
bool file_is_unchanged(const struct file_entry *entry, const struct stat *status);
/* Extended attributes of the entry name of the directory; none where the filesystem has none. 0 or -errno. */
int xattrs_save(int directory, const char *name, struct file_entry *ret);
int xattrs_duplicate(const struct file_entry *from, struct file_entry *ret);

/* Owner, mode, extended attributes and at last the time. Only root can give files away or set what the system
 * reserves: others leave that as it is. 0 or -errno. */
int attributes_restore(int directory, const char *name, const struct file_entry *entry);

#endif
