/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A tree read back is the tree that was written. */
#include "images.h"
#include "unit.h"

#include "common/cleanup.h"

#include <fcntl.h>

static void check_text(const char *a, const char *b)
{
    CHECK((a == NULL) == (b == NULL));
    if (a != NULL)
        CHECK_STRING(a, b);
}

/* Members are compared as bytes, so that none is forgotten; what they point to by itself. */
static void check_process(struct image_process a, struct image_process b)
{
    check_text(a.exe, b.exe);
    check_text(a.cwd, b.cwd);
    CHECK_INT(a.descriptor_count, b.descriptor_count);
    for (size_t i = 0; i < a.descriptor_count; i++) {
        CHECK_INT(a.descriptors[i].fd, b.descriptors[i].fd);
        CHECK_INT(a.descriptors[i].description, b.descriptors[i].description);
        CHECK_INT(a.descriptors[i].close_on_exec, b.descriptors[i].close_on_exec);
    }
    CHECK_INT(a.zombie, b.zombie);
    a.exe = a.cwd = b.exe = b.cwd = NULL;
    a.descriptors = b.descriptors = NULL;
    CHECK_INT(memcmp(&a.name, &b.name, sizeof(a.name)), 0);
    CHECK_INT(memcmp(&a.limits, &b.limits, sizeof(a.limits)), 0);
    CHECK_INT(memcmp(&a.layout, &b.layout, sizeof(a.layout)), 0);
    CHECK_INT(memcmp(&a.auxv, &b.auxv, sizeof(a.auxv)), 0);
    CHECK_INT(memcmp(&a.library, &b.library, sizeof(a.library)), 0);
    CHECK_INT(memcmp(&a, &b, offsetof(struct image_process, zombie)), 0);
    CHECK_INT(a.exit_signal, b.exit_signal);
    CHECK_INT(a.stopped, b.stopped);
    CHECK_INT(a.main_ended, b.main_ended);
    CHECK_INT(a.exit_status, b.exit_status);
    CHECK_INT(a.threads, b.threads);
    CHECK_INT(a.resident_bytes, b.resident_bytes);
    CHECK_INT(a.umask, b.umask);
    CHECK_INT(a.uid, b.uid);
    CHECK_INT(a.gid, b.gid);
    CHECK_INT(a.oom_score_adj, b.oom_score_adj);
    CHECK_INT(a.auxv_words, b.auxv_words);
}

static void check_description(const struct image_description *a, const struct image_description *b)
{
    CHECK_INT(a->kind, b->kind);
    check_text(a->path, b->path);
    CHECK_INT(a->flags, b->flags);
    CHECK_INT(a->offset, b->offset);
    CHECK_INT(a->size, b->size);
    CHECK_INT(a->mode, b->mode);
    CHECK_INT(a->pipe, b->pipe);
    CHECK_INT(a->socket, b->socket);
    CHECK_INT(a->device, b->device);
    CHECK_INT(a->inode, b->inode);
    CHECK_INT(a->value, b->value);
    CHECK_INT(a->interval_ns, b->interval_ns);
    CHECK_INT(a->clock, b->clock);
    CHECK_STRING(a->data, b->data);
    CHECK_INT(a->watch_count, b->watch_count);
    for (size_t i = 0; i < a->watch_count; i++) {
        CHECK_INT(a->watches[i].fd, b->watches[i].fd);
        CHECK_INT(a->watches[i].events, b->watches[i].events);
        CHECK_INT(a->watches[i].data, b->watches[i].data);
        check_text(a->watches[i].path, b->watches[i].path);
    }
}

static void check_objects(const struct tree_image *a, const struct tree_image *b)
{
    CHECK_INT(a->pipe_count, b->pipe_count);
    for (size_t i = 0; i < a->pipe_count; i++) {
        CHECK_INT(a->pipes[i].inode, b->pipes[i].inode);
        CHECK_INT(a->pipes[i].capacity, b->pipes[i].capacity);
        CHECK_INT(a->pipes[i].queued, b->pipes[i].queued);
        CHECK_STRING(a->pipes[i].data, b->pipes[i].data);
    }
    CHECK_INT(a->shared_count, b->shared_count);
    for (size_t i = 0; i < a->shared_count; i++) {
        CHECK_INT(a->shared[i].device, b->shared[i].device);
        CHECK_INT(a->shared[i].inode, b->shared[i].inode);
        CHECK_INT(a->shared[i].size, b->shared[i].size);
        CHECK_STRING(a->shared[i].data, b->shared[i].data);
        CHECK_INT(a->shared[i].extent_count, 2);
        CHECK_INT(b->shared[i].extent_count, 2);
        CHECK_INT(b->shared[i].extents[0].size, 1096);
        CHECK_INT(b->shared[i].extents[0].at, 500);
    }
}

static void check_sockets(const struct tree_image *a, const struct tree_image *b)
{
    CHECK_INT(a->socket_count, b->socket_count);
    for (size_t i = 0; i < a->socket_count; i++) {
        CHECK_INT(a->sockets[i].inode, b->sockets[i].inode);
        CHECK_INT(a->sockets[i].domain, b->sockets[i].domain);
        CHECK_INT(a->sockets[i].type, b->sockets[i].type);
        CHECK_INT(a->sockets[i].state, b->sockets[i].state);
        CHECK_INT(a->sockets[i].peer, b->sockets[i].peer);
        CHECK_INT(a->sockets[i].shutdown, b->sockets[i].shutdown);
        CHECK_INT(a->sockets[i].mode, b->sockets[i].mode);
        CHECK_STRING(a->sockets[i].name, b->sockets[i].name);
        CHECK_STRING(a->sockets[i].data, b->sockets[i].data);
        check_text(a->sockets[i].directory, b->sockets[i].directory);
    }
    CHECK_INT(a->message_count, b->message_count);
    CHECK_INT(a->messages[0].socket, b->messages[0].socket);
    CHECK_INT(a->messages[0].sender, b->messages[0].sender);
    CHECK_INT(a->messages[0].size, b->messages[0].size);
    CHECK_INT(a->passed_count, b->passed_count);
    CHECK_INT(a->passed[0].description, b->passed[0].description);
    CHECK_INT(a->option_count, b->option_count);
    CHECK_STRING(a->options[0].value, b->options[0].value);
    CHECK_INT(a->lock_count, b->lock_count);
    CHECK_INT(a->locks[0].kind, b->locks[0].kind);
    CHECK_INT(a->locks[0].start, b->locks[0].start);
    CHECK_INT(a->terminal_count, b->terminal_count);
    CHECK_INT(a->terminals[0].columns, b->terminals[0].columns);
    CHECK_STRING(a->terminals[0].output, b->terminals[0].output);
    CHECK_INT(a->system_v_count, b->system_v_count);
    CHECK_INT(a->system_v[0].kind, b->system_v[0].kind);
    CHECK_INT(a->system_v[0].key, b->system_v[0].key);
    CHECK_INT(a->system_v[0].changed, b->system_v[0].changed);
    CHECK_STRING(a->system_v[0].data, b->system_v[0].data);
}

TEST(tree_read_back_is_the_one_written)
{
    struct tree_image tree, back;
    struct ckpt_error err = {0};

    images_tree(&tree);
    CHECK_INT(tree_image_write(&tree, AT_FDCWD, &err), 0);
    if (tree_image_read(&back, AT_FDCWD, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    CHECK_INT(back.parent, tree.parent);
    CHECK_INT(back.session, tree.session);
    CHECK_INT(back.root, tree.root);
    CHECK_INT(back.monotonic_ns, tree.monotonic_ns);
    CHECK_INT(back.boottime_ns, tree.boottime_ns);
    CHECK_INT(back.process_count, tree.process_count);
    for (size_t i = 0; i < tree.process_count; i++)
        check_process(back.processes[i], tree.processes[i]);
    CHECK_INT(back.description_count, DESCRIPTION_KINDS);
    for (size_t i = 0; i < tree.description_count; i++)
        check_description(&back.descriptions[i], &tree.descriptions[i]);
    check_objects(&back, &tree);
    check_sockets(&back, &tree);
    tree_image_free(&back);
    tree_image_free(&tree);
}

TEST(tree_finds_processes_and_shared_memory)
{
    struct tree_image tree;

    images_tree(&tree);
    CHECK(tree_image_process(&tree, 101) == &tree.processes[1]);
    CHECK(tree_image_process(&tree, 7) == NULL);
    CHECK_INT(tree_image_shared_index(&tree, 0x800000001, 99), 0);
    CHECK_INT(tree_image_shared_index(&tree, 1, 99), -1);
    CHECK_INT(tree_image_shared_index(&tree, 0x800000001, 98), -1);
    tree_image_free(&tree);
    CHECK_INT(tree.process_count, 0);
}

TEST(missing_tree_image_is_no_entry)
{
    struct tree_image tree;
    struct ckpt_error err = {0};

    CHECK_INT(tree_image_read(&tree, AT_FDCWD, &err), -ENOENT);
    CHECK_CONTAINS(err.message, "tree.img");
}

/* A tree of any size: the arrays grow by themselves. */
TEST(large_tree_is_read_back)
{
    struct tree_image tree, back;
    struct ckpt_error err = {0};

    images_tree(&tree);
    for (int i = 0; i < 1000; i++) {
        struct image_process *added = tree_image_add_process(&tree);
        CHECK(added != NULL);
        *added = (struct image_process){
            .pid = 1000 + i, .parent = IMAGES_PID, .zombie = true, .exit_status = 9};
    }
    CHECK_INT(tree_image_write(&tree, AT_FDCWD, &err), 0);
    CHECK_INT(tree_image_read(&back, AT_FDCWD, &err), 0);
    CHECK_INT(back.process_count, 1003);
    CHECK_INT(back.processes[1002].pid, 1999);
    CHECK_INT(back.processes[1002].exit_status, 9);
    tree_image_free(&back);
    tree_image_free(&tree);
}
