/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What a restart could not bring back, said to whoever reads the log. Called once for each restart. */
#include "supervisor/lost.h"

#include "common/log.h"
#include "objects/socket_name.h"

#include <stdio.h>

/* The first process that holds the socket, and its descriptor there; NULL: only a message does. */
static const struct image_process *holder_find(const struct tree_image *tree, int socket,
                                               int *ret_fd)
{
    for (size_t i = 0; i < tree->process_count; i++) {
        const struct image_process *process = &tree->processes[i];
        for (size_t j = 0; j < process->descriptor_count; j++) {
            const struct image_description *description =
                &tree->descriptions[process->descriptors[j].description];
            if (description->kind == DESCRIPTION_SOCKET && description->socket == socket) {
                *ret_fd = process->descriptors[j].fd;
                return process;
            }
        }
    }
    return NULL;
}

void lost_connections_warn(const struct tree_image *tree, struct status *status)
{
    char text[256], name[SOCKET_NAME_SIZE];

    for (size_t i = 0; i < tree->socket_count; i++) {
        int fd = -1;
        if (tree->sockets[i].state != SOCKET_OUTSIDE)
            continue;
        const struct image_process *holder = holder_find(tree, (int)i, &fd);
        socket_name_describe(tree->sockets[i].peer_name, name);
        snprintf(text, sizeof(text),
                 "process %d (%s): its connection to %s outside (descriptor %d) has been reset",
                 holder == NULL ? 0 : (int)holder->pid, holder == NULL ? "-" : holder->name, name,
                 fd);
        ckpt_warn("%s", text);
        status_add_warning(status, text);
    }
}
