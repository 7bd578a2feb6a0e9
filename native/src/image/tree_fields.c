/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The members of tree.img. A new member of a struct is one row here; so is a new array. fields_write.c and
 * fields_read.c work for all of them, and tree_check.c looks whether what has been read makes sense. */
#include "image/fields.h"
#include "image/tree.h"
#include "image/tree_check.h"
#include "store/manifest.h"

static const struct field watch_fields[] = {
    FIELD(image_watch, fd, FIELD_INT),      FIELD(image_watch, description, FIELD_INT),
    FIELD(image_watch, events, FIELD_UINT), FIELD(image_watch, data, FIELD_U64),
    FIELD(image_watch, path, FIELD_STRING), {0},
};
static const struct field description_fields[] = {
    FIELD(image_description, kind, FIELD_UINT),
    FIELD(image_description, path, FIELD_STRING),
    FIELD(image_description, flags, FIELD_INT),
    FIELD(image_description, offset, FIELD_I64),
    FIELD(image_description, size, FIELD_U64),
    FIELD(image_description, mode, FIELD_UINT),
    FIELD(image_description, uid, FIELD_UINT),
    FIELD(image_description, gid, FIELD_UINT),
    FIELD(image_description, pipe, FIELD_INT),
    FIELD(image_description, socket, FIELD_INT),
    FIELD(image_description, terminal, FIELD_INT),
    FIELD(image_description, value, FIELD_U64),
    FIELD(image_description, interval_ns, FIELD_U64),
    FIELD(image_description, clock, FIELD_INT),
    FIELD(image_description, owner, FIELD_INT),
    FIELD(image_description, owner_kind, FIELD_INT),
    FIELD(image_description, signal, FIELD_INT),
    FIELD(image_description, device, FIELD_U64),
    FIELD(image_description, inode, FIELD_U64),
    FIELD(image_description, known_device, FIELD_U64),
    FIELD(image_description, known_inode, FIELD_U64),
    FIELD(image_description, data, FIELD_TEXT),
    ARRAY(image_description, "watches", watches, watch_count, watch_fields),
    {0},
};
static const struct field pipe_fields[] = {
    FIELD(image_pipe, inode, FIELD_U64),
    FIELD(image_pipe, capacity, FIELD_INT),
    FIELD(image_pipe, queued, FIELD_U64),
    FIELD(image_pipe, packets, FIELD_BOOL),
    FIELD(image_pipe, outside, FIELD_BOOL),
    FIELD(image_pipe, data, FIELD_TEXT),
    {0},
};
static const struct field extent_fields[] = {
    FIELD(image_extent, offset, FIELD_U64),
    FIELD(image_extent, size, FIELD_U64),
    FIELD(image_extent, at, FIELD_U64),
    {0},
};
static const struct field shared_fields[] = {
    FIELD(image_shared, device, FIELD_U64),
    FIELD(image_shared, inode, FIELD_U64),
    FIELD(image_shared, size, FIELD_U64),
    FIELD(image_shared, page_shift, FIELD_UINT),
    ARRAY(image_shared, "extents", extents, extent_count, extent_fields),
    FIELD(image_shared, data, FIELD_TEXT),
    {0},
};
static const struct field mapped_file_fields[] = {
    FIELD(image_mapped_file, path, FIELD_STRING),
    FIELD(image_mapped_file, mode, FIELD_UINT),
    FIELD(image_mapped_file, size, FIELD_U64),
    FIELD(image_mapped_file, data, FIELD_TEXT),
    {0},
};
static const struct field socket_fields[] = {
    FIELD(image_socket, inode, FIELD_U64),        FIELD(image_socket, domain, FIELD_INT),
    FIELD(image_socket, type, FIELD_INT),         FIELD(image_socket, protocol, FIELD_INT),
    FIELD(image_socket, state, FIELD_UINT),       FIELD(image_socket, peer, FIELD_INT),
    FIELD(image_socket, backlog, FIELD_INT),      FIELD(image_socket, shutdown, FIELD_INT),
    FIELD(image_socket, name, FIELD_TEXT),        FIELD(image_socket, peer_name, FIELD_TEXT),
    FIELD(image_socket, directory, FIELD_STRING), FIELD(image_socket, mode, FIELD_UINT),
    FIELD(image_socket, data, FIELD_TEXT),        {0},
};
static const struct field message_fields[] = {
    FIELD(image_message, socket, FIELD_INT),
    FIELD(image_message, sender, FIELD_INT),
    FIELD(image_message, from, FIELD_TEXT),
    FIELD(image_message, size, FIELD_U64),
    {0},
};
static const struct field passed_fields[] = {
    FIELD(image_passed, message, FIELD_INT),
    FIELD(image_passed, description, FIELD_INT),
    {0},
};
static const struct field option_fields[] = {
    FIELD(image_option, socket, FIELD_INT),
    FIELD(image_option, level, FIELD_INT),
    FIELD(image_option, option, FIELD_INT),
    FIELD(image_option, value, FIELD_TEXT),
    {0},
};
static const struct field lock_fields[] = {
    FIELD(image_lock, kind, FIELD_UINT),      FIELD(image_lock, pid, FIELD_INT),
    FIELD(image_lock, fd, FIELD_INT),         FIELD(image_lock, description, FIELD_INT),
    FIELD(image_lock, exclusive, FIELD_BOOL), FIELD(image_lock, start, FIELD_I64),
    FIELD(image_lock, length, FIELD_I64),     {0},
};
static const struct field terminal_fields[] = {
    FIELD(image_terminal, number, FIELD_INT),     FIELD(image_terminal, use, FIELD_UINT),
    FIELD(image_terminal, slave, FIELD_UINT),     FIELD(image_terminal, hung_up, FIELD_BOOL),
    FIELD(image_terminal, locked, FIELD_BOOL),    FIELD(image_terminal, packet, FIELD_BOOL),
    FIELD(image_terminal, exclusive, FIELD_BOOL), FIELD(image_terminal, stopped, FIELD_BOOL),
    FIELD(image_terminal, mode, FIELD_UINT),      FIELD(image_terminal, foreground, FIELD_INT),
    FIELD(image_terminal, settings, FIELD_TEXT),  FIELD(image_terminal, rows, FIELD_UINT),
    FIELD(image_terminal, columns, FIELD_UINT),   FIELD(image_terminal, width, FIELD_UINT),
    FIELD(image_terminal, height, FIELD_UINT),    FIELD(image_terminal, input, FIELD_TEXT),
    FIELD(image_terminal, output, FIELD_TEXT),    {0},
};
static const struct field system_v_fields[] = {
    FIELD(image_system_v, kind, FIELD_UINT),   FIELD(image_system_v, id, FIELD_INT),
    FIELD(image_system_v, key, FIELD_INT),     FIELD(image_system_v, mode, FIELD_UINT),
    FIELD(image_system_v, uid, FIELD_UINT),    FIELD(image_system_v, gid, FIELD_UINT),
    FIELD(image_system_v, size, FIELD_U64),    FIELD(image_system_v, changed, FIELD_I64),
    FIELD(image_system_v, creator, FIELD_INT), FIELD(image_system_v, outside, FIELD_BOOL),
    FIELD(image_system_v, data, FIELD_TEXT),   {0},
};
static const struct field descriptor_fields[] = {
    FIELD(image_descriptor, fd, FIELD_INT),
    FIELD(image_descriptor, description, FIELD_INT),
    FIELD(image_descriptor, close_on_exec, FIELD_BOOL),
    {0},
};
static const struct field layout_fields[] = {
    FIELD(image_layout, start_code, FIELD_U64),  FIELD(image_layout, end_code, FIELD_U64),
    FIELD(image_layout, start_data, FIELD_U64),  FIELD(image_layout, end_data, FIELD_U64),
    FIELD(image_layout, start_brk, FIELD_U64),   FIELD(image_layout, brk, FIELD_U64),
    FIELD(image_layout, start_stack, FIELD_U64), FIELD(image_layout, arg_start, FIELD_U64),
    FIELD(image_layout, arg_end, FIELD_U64),     FIELD(image_layout, env_start, FIELD_U64),
    FIELD(image_layout, env_end, FIELD_U64),     {0},
};
static const struct field library_fields[] = {
    FIELD(wire_process, brk, FIELD_U64),
    FIELD(wire_process, slots, FIELD_U64),
    FIELD(wire_process, slot_count, FIELD_U64),
    FIELD(wire_process, slot_size, FIELD_U64),
    FIELD(wire_process, entry, FIELD_U64),
    FIELD(wire_process, entry_stack, FIELD_U64),
    FIELD(wire_process, restorer, FIELD_U64),
    FIELD(wire_process, checkpoint_tid, FIELD_INT),
    {0},
};
static const struct field limit_fields[] = {
    FIELD(image_limit, soft, FIELD_U64),
    FIELD(image_limit, hard, FIELD_U64),
    {0},
};
static const struct field process_fields[] = {
    FIELD(image_process, pid, FIELD_INT),
    FIELD(image_process, parent, FIELD_INT),
    FIELD(image_process, group, FIELD_INT),
    FIELD(image_process, session, FIELD_INT),
    FIELD(image_process, zombie, FIELD_BOOL),
    FIELD(image_process, stopped, FIELD_INT),
    FIELD(image_process, main_ended, FIELD_BOOL),
    FIELD(image_process, exit_signal, FIELD_INT),
    FIELD(image_process, exit_status, FIELD_INT),
    FIELD(image_process, name, FIELD_TEXT),
    FIELD(image_process, threads, FIELD_UINT),
    FIELD(image_process, resident_bytes, FIELD_U64),
    FIELD(image_process, terminal, FIELD_INT),
    FIELD(image_process, exe, FIELD_STRING),
    FIELD(image_process, cwd, FIELD_STRING),
    FIELD(image_process, root, FIELD_STRING),
    FIELD(image_process, umask, FIELD_UINT),
    FIELD(image_process, uid, FIELD_UINT),
    FIELD(image_process, gid, FIELD_UINT),
    FIELD(image_process, oom_score_adj, FIELD_INT),
    WORDS(image_process, auxv, auxv_words),
    STRUCT(image_process, layout, layout_fields),
    STRUCT(image_process, library, library_fields),
    FIXED(image_process, limits, limit_fields),
    ARRAY(image_process, "descriptors", descriptors, descriptor_count, descriptor_fields),
    {0},
};
static const struct field tree_fields[] = {
    FIELD(tree_image, parent, FIELD_INT),
    FIELD(tree_image, session, FIELD_INT),
    FIELD(tree_image, root, FIELD_INT),
    FIELD(tree_image, monotonic_ns, FIELD_U64),
    FIELD(tree_image, boottime_ns, FIELD_U64),
    FIELD(tree_image, oom_score_adj, FIELD_INT),
    FIXED(tree_image, limits, limit_fields),
    ARRAY(tree_image, "processes", processes, process_count, process_fields),
    ARRAY(tree_image, "descriptions", descriptions, description_count, description_fields),
    ARRAY(tree_image, "pipes", pipes, pipe_count, pipe_fields),
    ARRAY(tree_image, "shared", shared, shared_count, shared_fields),
    ARRAY(tree_image, "mappedFiles", mapped_files, mapped_file_count, mapped_file_fields),
    ARRAY(tree_image, "sockets", sockets, socket_count, socket_fields),
    ARRAY(tree_image, "messages", messages, message_count, message_fields),
    ARRAY(tree_image, "passed", passed, passed_count, passed_fields),
    ARRAY(tree_image, "options", options, option_count, option_fields),
    ARRAY(tree_image, "locks", locks, lock_count, lock_fields),
    ARRAY(tree_image, "terminals", terminals, terminal_count, terminal_fields),
    ARRAY(tree_image, "systemV", system_v, system_v_count, system_v_fields),
    {0},
};

int tree_image_write(const struct tree_image *tree, int dirfd, struct ckpt_error *err)
{
    return fields_write(MANIFEST_TREE_IMAGE, tree_fields, tree, dirfd, err);
}

int tree_image_read(struct tree_image *ret, int dirfd, struct ckpt_error *err)
{
    struct tree_image tree = {0};
    int error = fields_read(MANIFEST_TREE_IMAGE, tree_fields, &tree, dirfd, err);

    if (error == 0)
        error = tree_image_check(&tree, err);
    if (error < 0) {
        tree_image_free(&tree);
        return error;
    }
    *ret = tree;
    return 0;
}
