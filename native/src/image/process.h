/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_IMAGE_PROCESS_H
#define CKPT_IMAGE_PROCESS_H

/* PID.img, the layout of one process's memory, and PID.mem, its pages.
 *
 *      +--------------------+
 *      | header             |  struct image_header, 48 bytes
 *      +--------------------+
 *      | VMAs               |  vma_count * struct image_vma, ascending, disjoint
 *      +--------------------+
 *      | runs               |  run_count * struct image_run, ascending, disjoint, each within one VMA
 *      +--------------------+
 *      | guards             |  guard_count * struct image_guard, likewise: MADV_GUARD_INSTALL
 *      +--------------------+
 *      | strings            |  paths, NUL-terminated; the first byte is NUL, so 0 means none
 *      +--------------------+
 *
 * PID.mem holds the pages of all runs one behind the other, page-aligned, and nothing else. Numbers are of the
 * machine's own byte order; an image never leaves its architecture. */

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define IMAGE_ADDRESS_LIMIT 0x7ffffffff000ULL
#define IMAGE_MAGIC         "CKPTIMG"
#define IMAGE_VERSION       2

struct image_header {
    char magic[8];
    uint32_t version;
    uint32_t vma_count;
    uint64_t run_count;
    uint64_t strings_size;
    uint64_t page_count; /* in PID.mem */
    uint64_t guard_count;
};
_Static_assert(sizeof(struct image_header) == 48, "on-disk format");

enum vma_kind {
    VMA_ANONYMOUS = 0,
    VMA_FILE_PRIVATE, /* path; pages that the process has not written come from the file */
    VMA_FILE_SHARED,  /* path; no pages here */
    VMA_SHARED,       /* object: index in tree.img's "shared"; no pages here */
    VMA_VDSO,         /* its pages serve where the kernel has another one */
    VMA_VVAR,         /* "[vvar]" and "[vvar_vclock]" */
    VMA_KINDS
};

/* Flags. Those without a comment are the advice of madvise(2) that has their name. */
#define VMA_GROWS_DOWN    1u
#define VMA_HUGE_PAGES    2u
#define VMA_NO_HUGE_PAGES 4u
#define VMA_MERGEABLE     8u
#define VMA_DONT_DUMP     16u
#define VMA_SEQUENTIAL    32u
#define VMA_RANDOM        64u
#define VMA_NO_RESERVE    128u /* MAP_NORESERVE */
#define VMA_MAY_WRITE     256u /* mprotect(2) can make it writable */
#define VMA_HUGETLB       512u /* MAP_HUGETLB; page_shift says of which size */
#define VMA_DROPPABLE     1024u
#define VMA_SEALED        2048u /* mseal(2) */
#define VMA_USERFAULT     4096u /* never in an image */
#define VMA_FLAGS         8191u

struct image_vma {
    uint64_t start, end;
    uint64_t offset;                   /* into the file or the object */
    uint64_t file_size, file_mtime_ns; /* of a VMA_FILE_PRIVATE, to tell when it has changed */
    uint32_t protection;               /* PROT_* */
    uint32_t kind;
    uint32_t flags;
    uint32_t path; /* offset in strings */
    uint32_t object;
    uint8_t page_shift; /* of a VMA_HUGETLB */
    uint8_t pkey;
    uint16_t policy; /* of mbind(2), with its flags; 0: none */
    uint64_t nodes;  /* of the policy */
};
_Static_assert(sizeof(struct image_vma) == 72, "on-disk format");

struct image_guard {
    uint64_t address;
    uint64_t count; /* of pages */
};
_Static_assert(sizeof(struct image_guard) == 16, "on-disk format");

struct image_run {
    uint64_t address;
    uint64_t page; /* index in PID.mem */
    uint64_t count;
};
_Static_assert(sizeof(struct image_run) == 24, "on-disk format");

struct process_image {
    struct image_vma *vmas;
    size_t vma_count;
    struct image_run *runs;
    size_t run_count;
    struct image_guard *guards;
    size_t guard_count;
    char *strings;
    size_t strings_size;
    uint64_t page_count;
};

/* Zeroed is empty. Adding gives NULL or -ENOMEM without memory; what is added comes in ascending order. */
void process_image_free(struct process_image *image);
struct image_vma *process_image_add_vma(struct process_image *image);
/* Of the last VMA added; joins it to the last run if it can. */
int process_image_add_run(struct process_image *image, uint64_t address, uint64_t page,
                          uint64_t count);
/* Joins it to the last one if it can. */
int process_image_add_guard(struct process_image *image, uint64_t address, uint64_t count);
int process_image_add_string(struct process_image *image, const char *text, uint32_t *ret_offset);

/* "PID.suffix". */
void process_image_name(pid_t pid, const char *suffix, char ret_name[32]);
/* Writes PID.img. */
int process_image_write(const struct process_image *image, int dirfd, pid_t pid,
                        struct ckpt_error *err);
/* Reads PID.img and checks it and the size of PID.mem; -EBADMSG. */
int process_image_read(struct process_image *ret, int dirfd, pid_t pid, struct ckpt_error *err);

#endif
