/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The part of tree_check.c that is about sockets, locks, terminals and what only some kinds of descriptions have. */
#include "image/tree_check.h"
#include "store/manifest_name.h"

static bool is_index(int index, size_t count)
{
    return index >= 0 && (size_t)index < count;
}

static bool is_data(const char *name)
{
    return name[0] == 0 || manifest_name_is_valid(name);
}

static bool socket_is_good(const struct tree_image *tree, int index)
{
    const struct image_socket *socket = &tree->sockets[index];
    const struct image_socket *peer =
        is_index(socket->peer, tree->socket_count) ? &tree->sockets[socket->peer] : NULL;
    bool with_peer = socket->state == SOCKET_CONNECTED || socket->state == SOCKET_DIRECTED ||
                     socket->state == SOCKET_PENDING;

    if (socket->state >= SOCKET_STATES || socket->backlog < 0 || !is_data(socket->data))
        return false;
    if (socket->domain == 16 /* AF_NETLINK */ &&
        (socket->state != SOCKET_PLAIN || socket->data[0] != 0))
        return false;
    bool with_itself = socket->peer == index && socket->state == SOCKET_CONNECTED &&
                       socket->domain != 1; /* AF_UNIX */
    if (with_peer && (peer == NULL || (socket->peer == index && !with_itself) || peer->domain == 0))
        return false;
    return socket->state != SOCKET_CONNECTED ||
           (peer->state == SOCKET_CONNECTED && peer->peer == index);
}

/* To get number N a restart opens all before it. */
static bool terminal_is_good(const struct tree_image *tree, int index)
{
    const struct image_terminal *terminal = &tree->terminals[index];

    for (int i = 0; i < index; i++) {
        if (tree->terminals[i].number == terminal->number ||
            (tree->terminals[i].use != TERMINAL_OF_THE_TREE &&
             terminal->use != TERMINAL_OF_THE_TREE))
            return false;
    }
    return is_index(terminal->number, TERMINAL_NUMBER_MAX) && terminal->use < TERMINAL_USES &&
           terminal->slave < TERMINAL_SLAVES && terminal->foreground >= 0 &&
           (terminal->mode & ~07777u) == 0 && is_data(terminal->input) && is_data(terminal->output);
}

static bool system_v_is_good(const struct tree_image *tree, int index)
{
    const struct image_system_v *object = &tree->system_v[index];

    if (object->kind >= SYSTEM_V_KINDS || object->id < 0 || object->creator < 0 ||
        !manifest_name_is_valid(object->data) ||
        tree_image_system_v(tree, object->kind, object->id) != object)
        return false;
    if (object->kind == SYSTEM_V_SEMAPHORES && (object->size == 0 || object->size > INT16_MAX + 1))
        return false;
    return object->size <= INT64_MAX && (object->mode & ~03777u) == 0;
}

static bool is_of_terminal(enum description_kind kind)
{
    return kind == DESCRIPTION_TERMINAL_MASTER || kind == DESCRIPTION_TERMINAL ||
           kind == DESCRIPTION_TTY;
}

static const char *description_blame(const struct tree_image *tree,
                                     const struct image_description *description)
{
    if (description->kind == DESCRIPTION_SOCKET &&
        !is_index(description->socket, tree->socket_count))
        return "socket";
    if (is_of_terminal(description->kind) && !is_index(description->terminal, tree->terminal_count))
        return "terminal";
    if (description->kind == DESCRIPTION_MEMFD &&
        (description->path == NULL || description->data[0] == 0))
        return "path";
    for (size_t i = 0; i < description->watch_count; i++) {
        const struct image_watch *watch = &description->watches[i];
        if (description->kind == DESCRIPTION_INOTIFY && watch->path == NULL)
            return "watches";
        if (description->kind == DESCRIPTION_EPOLL &&
            (watch->fd >= DESCRIPTOR_LIMIT ||
             !is_index(watch->description, tree->description_count)))
            return "watches";
    }
    return NULL;
}

const char *tree_image_objects_blame(const struct tree_image *tree)
{
    const char *blamed = NULL;

    for (size_t i = 0; blamed == NULL && i < tree->description_count; i++)
        blamed = description_blame(tree, &tree->descriptions[i]);
    for (size_t i = 0; blamed == NULL && i < tree->socket_count; i++)
        blamed = socket_is_good(tree, (int)i) ? NULL : "sockets";
    for (size_t i = 0; blamed == NULL && i < tree->message_count; i++) {
        const struct image_message *message = &tree->messages[i];
        if (!is_index(message->socket, tree->socket_count) || message->sender < -1 ||
            message->sender >= (int)tree->socket_count || message->size > INT32_MAX)
            blamed = "messages";
    }
    for (size_t i = 0; blamed == NULL && i < tree->passed_count; i++) {
        if (!is_index(tree->passed[i].message, tree->message_count) ||
            !is_index(tree->passed[i].description, tree->description_count))
            blamed = "passed";
    }
    for (size_t i = 0; blamed == NULL && i < tree->option_count; i++)
        blamed = is_index(tree->options[i].socket, tree->socket_count) ? NULL : "options";
    for (size_t i = 0; blamed == NULL && i < tree->lock_count; i++) {
        const struct image_lock *lock = &tree->locks[i];
        if (lock->kind >= LOCK_KINDS || !is_index(lock->description, tree->description_count))
            blamed = "locks";
    }
    for (size_t i = 0; blamed == NULL && i < tree->terminal_count; i++)
        blamed = terminal_is_good(tree, (int)i) ? NULL : "terminals";
    for (size_t i = 0; blamed == NULL && i < tree->system_v_count; i++)
        blamed = system_v_is_good(tree, (int)i) ? NULL : "systemV";
    for (size_t i = 0; blamed == NULL && i < tree->process_count; i++) {
        int terminal = tree->processes[i].terminal;
        blamed = terminal < 0 || is_index(terminal, tree->terminal_count) ? NULL : "terminal";
    }
    return blamed;
}
