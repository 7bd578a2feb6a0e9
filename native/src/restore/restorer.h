/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_RESTORER_H
#define CKPT_RESTORE_RESTORER_H

/* The piece of code that replaces a process's memory while running in it. It is copied, with all it needs, into a
 * region that is free in the old and in the new layout:
 *
 *      start                                                                               start + size
 *      +--------+---------------+------+------+--------+-------+-----------+----------------+
 *      |  code  | restorer_args | VMAs | runs | guards | locks |   stack   | vDSO, for now  |
 *      +--------+---------------+------+------+--------+-------+-----------+----------------+
 *
 * Rules for restorer*.c: everything in section "restorer_code"; no call out of it, no string, no static data, no jump
 * table; raw system calls only. */

#include "wire/slot.h"

#include <linux/prctl.h>
#include <stdint.h>

#define RESTORER_STACK_SIZE  65536
#define RESTORER_SPECIAL_MAX 8
#define RESTORER_PATCH_MAX   16

struct restorer_vma {
    uint64_t start, end, offset;
    int32_t fd; /* -1: anonymous; of a segment: its id */
    uint32_t protection;
    uint32_t flags;  /* of mmap, without MAP_FIXED, or of shmat */
    uint32_t filled; /* 1: from runs, protection set afterwards */
    uint32_t advice; /* VMA_* of image/process.h */
    uint32_t policy; /* of mbind, 0: none */
    uint64_t nodes;
    uint32_t pkey;
    uint32_t early;   /* 1: it is there and filled */
    uint64_t segment; /* bytes of a System V segment, whole pages; 0: it is none */
};

struct restorer_run {
    uint64_t address, offset, size; /* bytes */
};

struct restorer_guard {
    uint64_t address, size;
};

/* A POSIX lock of the process. It would lose it with any descriptor of the file that is closed later. */
struct restorer_lock {
    int64_t start, length;
    int32_t fd;
    int32_t type; /* F_RDLCK or F_WRLCK */
};

/* A mapping of the kernel's (vDSO, vvar) that has to move. */
struct restorer_special {
    uint64_t from, to, size;
};

/* Written over restored memory, see vdso.h. */
struct restorer_patch {
    uint64_t address;
    uint32_t size;
    uint8_t code[16];
};

struct restorer_args {
    uint64_t start, size; /* the region */
    uint64_t special_at;  /* where the special mappings wait meanwhile */
    uint64_t task_end;    /* end of user addresses */
    struct restorer_vma *vmas;
    uint64_t vma_count;
    struct restorer_run *runs;
    uint64_t run_count;
    struct restorer_guard *guards;
    uint64_t guard_count;
    struct restorer_lock *locks;
    uint64_t lock_count;
    struct restorer_special special[RESTORER_SPECIAL_MAX];
    uint64_t special_count;
    uint64_t special_stays; /* 1: they do not fit the image and stay at special_at */
    uint64_t vdso;          /* then: where the running vDSO is */
    struct restorer_patch patches[RESTORER_PATCH_MAX];
    uint64_t patch_count;
    int32_t mem_fd;
    int32_t first_private_fd; /* this and all above are ours, to be closed */
    int32_t error_fd;
    int32_t pid;
    struct prctl_mm_map layout;
    uint64_t auxv[96];
    struct thread_slot *slots; /* in the restored memory */
    uint64_t slot_count;
    struct preload_restored *restored; /* likewise */
    uint64_t entry, entry_stack;       /* of the checkpoint thread */
    uint64_t limits[RESTORED_LIMITS][2];
    int32_t checkpoint_tid;
    int32_t stop_signal;
    int32_t proc_fd;                 /* of /proc, or -1 */
    int32_t main_ended, main_status; /* the main thread ends, with this status */
};

/* What the restorer says on error_fd before it ends the process. */
struct restorer_failure {
    int32_t pid;
    int32_t step; /* enum restorer_step */
    int64_t error;
    uint64_t address;
};

enum restorer_step {
    RESTORER_MOVE = 1,
    RESTORER_UNMAP,
    RESTORER_MAP,
    RESTORER_READ,
    RESTORER_PROTECT,
    RESTORER_LAYOUT,
    RESTORER_THREAD,
    RESTORER_SEAL,
    RESTORER_LOCK,
};

void restorer_main(struct restorer_args *args) __attribute__((noreturn));

/* The bounds of the code, from the linker. */
extern const char __start_restorer_code[], __stop_restorer_code[];

#endif
