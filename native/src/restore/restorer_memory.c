/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The restorer's first part: the memory of the process it runs in gives way to that of the image. */
#include "restore/restorer_code.h"

#include "image/process.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#define MAP_DROPPABLE_TYPE  0x08u
#define MAP_SIZE_OF_HUGE    (63u << 26)
#define MADV_WIPE_FOR_CHILD 18

/* The kernel refuses to move one onto itself or over another, so all go aside first. Their distances stay the same: the
 * vDSO finds vvar by its own address. */
static RESTORER_CODE void special_set_aside(struct restorer_args *args)
{
    uint64_t first = args->special_count > 0 ? args->special[0].from : 0;

    for (uint64_t i = 0; i < args->special_count; i++) {
        struct restorer_special *special = &args->special[i];
        uint64_t at = args->special_at + (special->from - first);
        long got = raw5(SYS_mremap, special->from, special->size, special->size,
                        MREMAP_MAYMOVE | MREMAP_FIXED, at);
        if (got < 0)
            restorer_fail(args, RESTORER_MOVE, got, special->from);
        special->from = at;
    }
}

static RESTORER_CODE void special_put_back(struct restorer_args *args)
{
    for (uint64_t i = 0; i < args->special_count; i++) {
        struct restorer_special *special = &args->special[i];
        long got = raw5(SYS_mremap, special->from, special->size, special->size,
                        MREMAP_MAYMOVE | MREMAP_FIXED, special->to);
        if (got < 0)
            restorer_fail(args, RESTORER_MOVE, got, special->to);
    }
}

static RESTORER_CODE void part_unmap(const struct restorer_args *args, uint64_t from, uint64_t to)
{
    long error = from < to ? raw2(SYS_munmap, from, to - from) : 0;

    if (error < 0)
        restorer_fail(args, RESTORER_UNMAP, error, from);
}

/* All but us and what has been brought back already; VMAs ascend. */
static RESTORER_CODE void old_unmap(struct restorer_args *args)
{
    bool passed = false;
    uint64_t at = 0;

    for (uint64_t i = 0; i <= args->vma_count; i++) {
        const struct restorer_vma *vma = &args->vmas[i];
        bool end = i == args->vma_count;
        if (!end && !vma->early)
            continue;
        if (!passed && (end || args->start < vma->start)) {
            part_unmap(args, at, args->start);
            at = args->start + args->size;
            passed = true;
        }
        part_unmap(args, at, end ? args->task_end : vma->start);
        at = end ? at : vma->end;
    }
}

/* A kernel that refuses needs no advice. */
static RESTORER_CODE void advice_give(const struct restorer_vma *vma)
{
    uint64_t size = vma->end - vma->start;

    if ((vma->advice & VMA_HUGE_PAGES) != 0)
        raw3(SYS_madvise, vma->start, size, MADV_HUGEPAGE);
    if ((vma->advice & VMA_NO_HUGE_PAGES) != 0)
        raw3(SYS_madvise, vma->start, size, MADV_NOHUGEPAGE);
    if ((vma->advice & VMA_MERGEABLE) != 0)
        raw3(SYS_madvise, vma->start, size, MADV_MERGEABLE);
    if ((vma->advice & VMA_DONT_DUMP) != 0)
        raw3(SYS_madvise, vma->start, size, MADV_DONTDUMP);
    if ((vma->advice & VMA_SEQUENTIAL) != 0)
        raw3(SYS_madvise, vma->start, size, MADV_SEQUENTIAL);
    if ((vma->advice & VMA_RANDOM) != 0)
        raw3(SYS_madvise, vma->start, size, MADV_RANDOM);
    if (vma->policy !=
        0) /* where memory lies only matters for speed, and these nodes may be no more */
        raw6(SYS_mbind, vma->start, size, vma->policy, (long)&vma->nodes, 65, 0);
}

static RESTORER_CODE long vma_map(const struct restorer_vma *vma, uint32_t flags)
{
    uint64_t protection =
        vma->filled ? (uint64_t)vma->protection | PROT_READ | PROT_WRITE : vma->protection;

    return raw6(SYS_mmap, vma->start, vma->end - vma->start, protection, flags | MAP_FIXED, vma->fd,
                vma->offset);
}

static RESTORER_CODE bool is_same_attachment(const struct restorer_vma *a,
                                             const struct restorer_vma *b)
{
    return a->segment != 0 && b->segment != 0 && a->fd == b->fd &&
           a->start - a->offset == b->start - b->offset;
}

/* shmat(2) only takes the whole of a segment: it goes anywhere, and the parts that are wanted to their places. They come
 * from one call, or shmdt(2) would not take them for one. */
static RESTORER_CODE long segment_attach(const struct restorer_args *args, uint64_t index)
{
    const struct restorer_vma *first = &args->vmas[index];
    uint64_t done = 0;
    long whole = raw3(SYS_shmat, first->fd, 0, first->flags);

    if (whole < 0 && whole >= -4095)
        return whole;
    for (uint64_t i = index; i < args->vma_count; i++) {
        const struct restorer_vma *vma = &args->vmas[i];
        uint64_t size = vma->end - vma->start;
        if (!is_same_attachment(first, vma))
            continue;
        long got = raw5(SYS_mremap, (uint64_t)whole + vma->offset, size, size,
                        MREMAP_MAYMOVE | MREMAP_FIXED, vma->start);
        if (got != (long)vma->start)
            return got;
        if (vma->offset > done)
            raw2(SYS_munmap, (uint64_t)whole + done, vma->offset - done);
        done = vma->offset + size;
        long error = raw3(SYS_mprotect, vma->start, size, vma->protection);
        if (error < 0)
            return error;
    }
    if (done < first->segment)
        raw2(SYS_munmap, (uint64_t)whole + done, first->segment - done);
    return (long)first->start;
}

/* The first of an attachment brings the others along. */
static RESTORER_CODE void segment_map(const struct restorer_args *args, uint64_t index)
{
    for (uint64_t i = 0; i < index; i++) {
        if (is_same_attachment(&args->vmas[i], &args->vmas[index]))
            return;
    }
    long got = segment_attach(args, index);
    if (got != (long)args->vmas[index].start)
        restorer_fail(args, RESTORER_MAP, got, args->vmas[index].start);
}

static RESTORER_CODE void file_or_memory_map(const struct restorer_args *args,
                                             const struct restorer_vma *vma)
{
    long got = vma_map(vma, vma->flags);

    /* A host with fewer huge pages, or a kernel that drops nothing, has memory all the same. */
    if (got < 0 && (vma->flags & MAP_HUGETLB) != 0)
        got = vma_map(vma, vma->flags & ~(uint32_t)(MAP_HUGETLB | MAP_SIZE_OF_HUGE));
    if (got < 0 && (vma->flags & MAP_TYPE) == MAP_DROPPABLE_TYPE) {
        got = vma_map(vma, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
        raw3(SYS_madvise, vma->start, vma->end - vma->start, MADV_WIPE_FOR_CHILD);
    }
    if (got != (long)vma->start)
        restorer_fail(args, RESTORER_MAP, got, vma->start);
}

static RESTORER_CODE void new_map(struct restorer_args *args)
{
    for (uint64_t i = 0; i < args->vma_count; i++) {
        const struct restorer_vma *vma = &args->vmas[i];
        if (vma->segment != 0)
            segment_map(args, i);
        else if (!vma->early)
            file_or_memory_map(args, vma);
        if ((vma->advice | vma->policy) != 0)
            advice_give(vma);
    }
}

static RESTORER_CODE void pages_read(struct restorer_args *args)
{
    for (uint64_t i = 0; i < args->run_count; i++) {
        const struct restorer_run *run = &args->runs[i];
        uint64_t done = 0;
        while (done < run->size) {
            long got = raw4(SYS_pread64, args->mem_fd, run->address + done, run->size - done,
                            run->offset + done);
            if (got == -EINTR)
                continue;
            if (got <= 0)
                restorer_fail(args, RESTORER_READ, got, run->address + done);
            done += (uint64_t)got;
        }
    }
}

static RESTORER_CODE void patches_write(struct restorer_args *args)
{
    for (uint64_t i = 0; i < args->patch_count; i++) {
        volatile uint8_t *to = (volatile uint8_t *)args->patches[i].address;
        for (uint32_t j = 0; j < args->patches[i].size; j++)
            to[j] = args->patches[i].code[j];
    }
}

/* Which of them the program has, the library knows and gives the rest back. */
static RESTORER_CODE void keys_take(const struct restorer_args *args)
{
    for (uint64_t i = 0; i < args->vma_count; i++) {
        if (args->vmas[i].pkey == 0)
            continue;
        while (raw2(SYS_pkey_alloc, 0, 0) > 0)
            continue;
        return;
    }
}

static RESTORER_CODE void protections_set(struct restorer_args *args)
{
    for (uint64_t i = 0; i < args->vma_count; i++) {
        const struct restorer_vma *vma = &args->vmas[i];
        bool as_mapped = !vma->filled ||
                         (vma->protection & (PROT_READ | PROT_WRITE)) == (PROT_READ | PROT_WRITE);
        long error = 0;
        if (vma->pkey != 0)
            error = raw4(SYS_pkey_mprotect, vma->start, vma->end - vma->start, vma->protection,
                         vma->pkey);
        else if (!as_mapped)
            error = raw3(SYS_mprotect, vma->start, vma->end - vma->start, vma->protection);
        if (error < 0)
            restorer_fail(args, RESTORER_PROTECT, error, vma->start);
    }
    for (uint64_t i = 0; i < args->guard_count; i++) {
        const struct restorer_guard *guard = &args->guards[i];
        long error = raw3(SYS_madvise, guard->address, guard->size, MADV_GUARD_INSTALL);
        if (error < 0) /* an older kernel; nobody shall step there */
            error = raw3(SYS_mprotect, guard->address, guard->size, PROT_NONE);
        if (error < 0)
            restorer_fail(args, RESTORER_PROTECT, error, guard->address);
    }
}

/* After this the kernel refuses to change them. */
static RESTORER_CODE void seals_set(struct restorer_args *args)
{
    for (uint64_t i = 0; i < args->vma_count; i++) {
        const struct restorer_vma *vma = &args->vmas[i];
        if ((vma->advice & VMA_SEALED) == 0)
            continue;
        long error = raw3(SYS_mseal, vma->start, vma->end - vma->start, 0);
        if (error < 0)
            restorer_fail(args, RESTORER_SEAL, error, vma->start);
    }
}

RESTORER_SHARED void restorer_memory(struct restorer_args *args)
{
    special_set_aside(args);
    old_unmap(args);
    new_map(args);
    if (!args->special_stays)
        special_put_back(args);
    pages_read(args);
    patches_write(args);
    keys_take(args);
    protections_set(args);
    seals_set(args);
}
