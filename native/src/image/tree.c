/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The tree's model in memory: growing its arrays, looking things up, releasing it. tree_fields.c is its form
 * on disk. */
#include "image/tree.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct image_process *tree_image_add_process(struct tree_image *tree)
{
    struct image_process *added =
        array_add(&tree->processes, &tree->process_count, sizeof(*tree->processes));

    if (added != NULL)
        added->terminal = -1;
    return added;
}

struct image_description *tree_image_add_description(struct tree_image *tree)
{
    struct image_description *added =
        array_add(&tree->descriptions, &tree->description_count, sizeof(*tree->descriptions));

    if (added != NULL)
        added->pipe = added->socket = added->terminal = -1;
    return added;
}

struct image_pipe *tree_image_add_pipe(struct tree_image *tree)
{
    return array_add(&tree->pipes, &tree->pipe_count, sizeof(*tree->pipes));
}

struct image_shared *tree_image_add_shared(struct tree_image *tree)
{
    return array_add(&tree->shared, &tree->shared_count, sizeof(*tree->shared));
}

int image_shared_add_extent(struct image_shared *shared, uint64_t offset, uint64_t size,
                            uint64_t at)
{
    struct image_extent *last =
        shared->extent_count > 0 ? &shared->extents[shared->extent_count - 1] : NULL;

    if (last != NULL && last->offset + last->size == offset && last->at + last->size == at) {
        last->size += size;
        return 0;
    }
    last = array_add(&shared->extents, &shared->extent_count, sizeof(*shared->extents));
    if (last == NULL)
        return -ENOMEM;
    *last = (struct image_extent){.offset = offset, .size = size, .at = at};
    return 0;
}

struct image_socket *tree_image_add_socket(struct tree_image *tree)
{
    struct image_socket *added =
        array_add(&tree->sockets, &tree->socket_count, sizeof(*tree->sockets));

    if (added != NULL)
        added->duplicate = added->peer = -1;
    return added;
}

struct image_message *tree_image_add_message(struct tree_image *tree)
{
    return array_add(&tree->messages, &tree->message_count, sizeof(*tree->messages));
}

struct image_passed *tree_image_add_passed(struct tree_image *tree)
{
    return array_add(&tree->passed, &tree->passed_count, sizeof(*tree->passed));
}

struct image_option *tree_image_add_option(struct tree_image *tree)
{
    return array_add(&tree->options, &tree->option_count, sizeof(*tree->options));
}

struct image_lock *tree_image_add_lock(struct tree_image *tree)
{
    return array_add(&tree->locks, &tree->lock_count, sizeof(*tree->locks));
}

struct image_terminal *tree_image_add_terminal(struct tree_image *tree)
{
    struct image_terminal *added =
        array_add(&tree->terminals, &tree->terminal_count, sizeof(*tree->terminals));

    if (added != NULL)
        added->master = added->opened = -1;
    return added;
}

struct image_system_v *tree_image_add_system_v(struct tree_image *tree)
{
    return array_add(&tree->system_v, &tree->system_v_count, sizeof(*tree->system_v));
}

const char *system_v_name(enum system_v_kind kind)
{
    return kind == SYSTEM_V_SEMAPHORES ? "semaphores"
           : kind == SYSTEM_V_QUEUE    ? "message queue"
                                       : "shared memory";
}

const struct image_system_v *tree_image_system_v(const struct tree_image *tree,
                                                 enum system_v_kind kind, int id)
{
    for (size_t i = 0; i < tree->system_v_count; i++) {
        if (tree->system_v[i].kind == kind && tree->system_v[i].id == id)
            return &tree->system_v[i];
    }
    return NULL;
}

const struct image_system_v *tree_image_segment(const struct tree_image *tree,
                                                const struct image_shared *shared)
{
    return shared->device == IMAGE_SEGMENT_DEVICE && shared->inode <= INT32_MAX
               ? tree_image_system_v(tree, SYSTEM_V_SEGMENT, (int)shared->inode)
               : NULL;
}

struct image_descriptor *image_process_add_descriptor(struct image_process *process)
{
    return array_add(&process->descriptors, &process->descriptor_count,
                     sizeof(*process->descriptors));
}

struct image_watch *image_description_add_watch(struct image_description *description)
{
    return array_add(&description->watches, &description->watch_count,
                     sizeof(*description->watches));
}

struct image_mapped_file *tree_image_add_mapped_file(struct tree_image *tree)
{
    return array_add(&tree->mapped_files, &tree->mapped_file_count, sizeof(*tree->mapped_files));
}

void tree_image_free(struct tree_image *tree)
{
    for (size_t i = 0; i < tree->process_count; i++) {
        struct image_process *process = &tree->processes[i];
        free(process->exe);
        free(process->cwd);
        free(process->root);
        free(process->descriptors);
    }
    for (size_t i = 0; i < tree->description_count; i++) {
        free(tree->descriptions[i].path);
        for (size_t j = 0; j < tree->descriptions[i].watch_count; j++)
            free(tree->descriptions[i].watches[j].path);
        free(tree->descriptions[i].watches);
    }
    for (size_t i = 0; i < tree->mapped_file_count; i++)
        free(tree->mapped_files[i].path);
    free(tree->mapped_files);
    for (size_t i = 0; i < tree->socket_count; i++)
        free(tree->sockets[i].directory);
    free(tree->sockets);
    free(tree->messages);
    free(tree->passed);
    free(tree->options);
    free(tree->locks);
    free(tree->terminals);
    free(tree->system_v);
    free(tree->written);
    free(tree->processes);
    free(tree->descriptions);
    free(tree->pipes);
    for (size_t i = 0; i < tree->shared_count; i++)
        free(tree->shared[i].extents);
    free(tree->shared);
    memset(tree, 0, sizeof(*tree));
}

const struct image_process *tree_image_process(const struct tree_image *tree, pid_t pid)
{
    for (size_t i = 0; i < tree->process_count; i++) {
        if (tree->processes[i].pid == pid)
            return &tree->processes[i];
    }
    return NULL;
}

enum terminal_use tree_image_terminal_use(const struct tree_image *tree)
{
    enum terminal_use use = TERMINAL_OF_THE_TREE;

    for (size_t i = 0; use == TERMINAL_OF_THE_TREE && i < tree->terminal_count; i++)
        use = tree->terminals[i].use;
    return use;
}

int tree_image_shared_index(const struct tree_image *tree, uint64_t device, uint64_t inode)
{
    for (size_t i = 0; i < tree->shared_count; i++) {
        if (tree->shared[i].device == device && tree->shared[i].inode == inode)
            return (int)i;
    }
    return -1;
}
