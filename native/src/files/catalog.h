/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_CATALOG_H
#define CKPT_FILES_CATALOG_H

/* files.img: what the files of a task were at a checkpoint, name by name. The bytes of regular files lie in contents,
 * files of the generation that generations share by hard links:
 *
 *      generations/000001/content-1-4   300 bytes ─┐ one inode: the file grew,
 *      generations/000002/content-1-4   700 bytes ─┘ the first 300 are still what they were
 *      generations/000002/content-2-1   a file that changed otherwise
 *
 * so a generation costs what has changed since the one before it. A content is never changed below the size that any
 * generation gives it. */

#include "common/error.h"
#include "store/checksum.h"
#include "wire/numbers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CATALOG_NAME      "files.img"
#define CONTENT_PREFIX    "content-"
#define CONTENT_BLOCK     CHECKSUM_BLOCK
#define CONTENT_NAME_SIZE 48

struct manifest;

enum file_kind {
    FILE_REGULAR,
    FILE_DIRECTORY,
    FILE_SYMLINK,
    FILE_FIFO,
    FILE_SOCKET,  /* its place only: sockets are bound again by their owners' images */
    FILE_FOREIGN, /* somebody else's, such as the log that our own output goes to: left alone */
    FILE_KINDS
};

/* As long as two of one file are equal, nobody has written to it. */
struct file_stamp {
    uint64_t device, inode, size;
    int64_t mtime_ns, ctime_ns;
};

struct file_content {
    char name[CONTENT_NAME_SIZE]; /* "" for a file that is kept by reference */
    uint64_t size;
    uint64_t *sums; /* XXH3 of each block of CONTENT_BLOCK bytes, the last may be shorter */
    size_t block_count;
    /* Not in the file: what the store's copy was like when we left it, inode 0: not known yet. */
    uint64_t stored_inode;
    int64_t stored_mtime_ns;
    bool damaged; /* the store's copy: it is in no further generation */
};

struct file_xattr {
    char *name;
    char *value; /* in hexadecimal */
};

struct file_entry {
    char *path;   /* relative to the working directory; of one outside, to the root */
    bool outside; /* of the working directory: in /tmp, say */
    enum file_kind kind;
    uint32_t mode, uid, gid;
    struct file_stamp stamp;
    struct file_number known; /* what the tree knows it by, see wire/numbers.h */
    int64_t known_ctime_ns;
    bool unsure;         /* the stamp proves nothing: written just before, or mapped and writable */
    bool stayed;         /* not in the file: a restart has found it to be as in the stamp */
    int same_as;         /* index of an entry before this one that is the same file, or -1 */
    char *target;        /* of a symbolic link */
    uint64_t input_size; /* of the regular file outside that the link leads to */
    int64_t input_mtime_ns; /* -1: it leads to nothing of that kind */
    struct file_xattr *xattrs;
    size_t xattr_count;
    struct file_content content;
};

/* A name at the top level of the working directory that is left alone. */
struct file_exclude {
    char *glob;
};

struct catalog {
    bool dedicated; /* every name below the working directory is here; else only what was noted */
    uint64_t notes_bytes;    /* how many there were */
    struct file_number root; /* what the tree knows the working directory by */
    struct file_exclude *excludes;
    size_t exclude_count;
    struct file_entry *entries; /* directories before what is in them */
    size_t count;
};

/* A zeroed entry with same_as -1 and no input, valid until the next call; NULL without memory. */
struct file_entry *catalog_add(struct catalog *catalog);
void catalog_free(struct catalog *catalog);

/* Not empty, and no component of it is empty, "." or "..". */
bool path_is_inside(const char *path);
/* Whether it was there before the command, so that the generation has no bytes of it. */
bool file_is_by_reference(const struct file_entry *entry);
bool file_stamps_equal(const struct file_stamp *a, const struct file_stamp *b);
size_t content_block_count(uint64_t size);
/* XXH3 of the sums of all blocks, little-endian. */
uint64_t content_sum(const struct file_content *content);
int content_duplicate(const struct file_content *from, struct file_content *ret); /* 0 or -ENOMEM */

/* As the tree sees it; from malloc, or NULL. */
char *file_entry_path(const struct file_entry *entry, const char *workdir);

/* What is in a catalog by device and inode. */
struct catalog_index;
struct catalog_index *catalog_index_new(const struct catalog *catalog);
void catalog_index_free(struct catalog_index *index);
const struct file_entry *catalog_index_find(const struct catalog_index *index, uint64_t device,
                                            uint64_t inode);

/* Writes and reads the file in the generation's directory. What is read is checked: -EBADMSG. */
int catalog_write(const struct catalog *catalog, int dirfd, struct ckpt_error *err);
int catalog_read(struct catalog *ret, int dirfd, struct ckpt_error *err);
/* Whether names stay inside, and kinds have what they need; -EBADMSG. */
int catalog_check(const struct catalog *catalog, struct ckpt_error *err);

/* Whether the manifest vouches for the notes and every content that the catalog names; -EBADMSG. */
int catalog_check_contents(const struct catalog *catalog, const struct manifest *manifest,
                           struct ckpt_error *err);

#endif
