/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The mappings that the kernel puts into every process: the vDSO and the data it reads. They cannot be made, only
 * moved, and only this kernel's are here. */
#include "restore/special.h"

#include "common/io.h"
#include "restore/vdso.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define PAGE          4096ULL
#define VDSO_SIZE_MAX (64 * PAGE)

static bool is_special(const char *name)
{
    return strcmp(name, "[vdso]") == 0 || strncmp(name, "[vvar", 5) == 0;
}

uint64_t special_span(const struct mappings *own)
{
    uint64_t first = 0, end = 0;

    for (size_t i = 0; i < own->count; i++) {
        if (!is_special(own->list[i].name))
            continue;
        if (end == 0)
            first = own->list[i].start;
        end = own->list[i].end;
    }
    return end - first;
}

/* Our own in order, with ret_running at the vDSO among them. */
static int own_list(const struct mappings *own, struct restorer_args *args,
                    struct vdso *ret_running, struct ckpt_error *err)
{
    for (size_t i = 0; i < own->count; i++) {
        const struct mapping *mapping = &own->list[i];
        if (!is_special(mapping->name))
            continue;
        if (args->special_count == RESTORER_SPECIAL_MAX)
            return ckpt_error_set(err, ENOTSUP,
                                  "this kernel has more parts of the vDSO than known");
        if (strcmp(mapping->name, "[vdso]") == 0)
            *ret_running = (struct vdso){.bytes = (const unsigned char *)mapping->start,
                                         .size = mapping->end - mapping->start,
                                         .address = mapping->start};
        args->special[args->special_count++] = (struct restorer_special){
            .from = mapping->start, .size = mapping->end - mapping->start};
    }
    return 0;
}

/* The bytes of the image's vDSO, or 0 bytes where it has none. */
static int saved_read(const struct process_image *image, int mem_fd, unsigned char *buffer,
                      struct vdso *ret, struct ckpt_error *err)
{
    *ret = (struct vdso){.bytes = buffer};
    for (size_t i = 0; i < image->vma_count; i++) {
        if (image->vmas[i].kind != VMA_VDSO)
            continue;
        ret->address = image->vmas[i].start;
        ret->size = image->vmas[i].end - ret->address;
    }
    if (ret->size > VDSO_SIZE_MAX)
        return ckpt_error_set(err, EBADMSG, "the image's vDSO is too large");
    memset(buffer, 0, ret->size);
    for (size_t i = 0; i < image->run_count; i++) {
        const struct image_run *run = &image->runs[i];
        if (run->address < ret->address || run->address >= ret->address + ret->size)
            continue;
        if (pread_full(mem_fd, buffer + (run->address - ret->address), run->count * PAGE,
                       (off_t)(run->page * PAGE)) < 0)
            return ckpt_error_errno(err, "read the image's vDSO");
    }
    return 0;
}

/* Whether the image's special mappings are ours but for their addresses; then it is noted where they belong. */
static bool match(const struct process_image *image, struct restorer_args *args,
                  const struct vdso *saved, const struct vdso *running)
{
    uint64_t at = 0;

    for (size_t i = 0; i < image->vma_count; i++) {
        const struct image_vma *vma = &image->vmas[i];
        if (vma->kind != VMA_VDSO && vma->kind != VMA_VVAR)
            continue;
        if (at == args->special_count || args->special[at].size != vma->end - vma->start ||
            (args->special[at].from == running->address) != (vma->kind == VMA_VDSO))
            return false;
        args->special[at++].to = vma->start;
    }
    for (uint64_t i = 1; i < at; i++) {
        if (args->special[i].to - args->special[0].to !=
            args->special[i].from - args->special[0].from)
            return false;
    }
    return at == args->special_count && saved->size == running->size &&
           memcmp(saved->bytes, running->bytes, saved->size) == 0;
}

int special_fill(const struct mappings *own, const struct process_image *image,
                 struct restorer_args *args, struct ckpt_error *err)
{
    static unsigned char buffer[VDSO_SIZE_MAX];
    struct vdso saved, running = {0};
    int error = own_list(own, args, &running, err);

    if (error == 0)
        error = saved_read(image, args->mem_fd, buffer, &saved, err);
    if (error < 0 || match(image, args, &saved, &running))
        return error;
    args->special_stays = 1;
    if (args->special_count == 0)
        return 0; /* the calls lead to nowhere as they did, or the image has none to lead */
    if (running.size > 0)
        args->vdso = args->special_at + (running.address - args->special[0].from);
    if (saved.size == 0)
        return 0;
    struct vdso there = {.bytes = running.bytes, .size = running.size, .address = args->vdso};
    return vdso_redirect(&saved, &there, args->patches, &args->patch_count, err);
}
