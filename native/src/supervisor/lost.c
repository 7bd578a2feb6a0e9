/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What a restart could not bring back, said to whoever reads the log. Called once for each restart. */
#include "supervisor/lost.h"

#include "objects/inherited.h"
#include "objects/socket_name.h"
#include "supervisor/warning.h"

#include <stdio.h>

/* The first process that holds the description, and its descriptor there; NULL: only a message does. */
static const struct image_process *holder_find(const struct tree_image *tree, size_t description,
                                               int *ret_fd)
{
    for (size_t i = 0; i < tree->process_count; i++) {
        const struct image_process *process = &tree->processes[i];
        for (size_t j = 0; j < process->descriptor_count; j++) {
            if (process->descriptors[j].description == (int)description) {
                *ret_fd = process->descriptors[j].fd;
                return process;
            }
        }
    }
    return NULL;
}

/* What has become of the description; false: nothing is lost. */
static bool loss_describe(const struct tree_image *tree, const struct image_description *from,
                          char *ret, size_t size)
{
    char name[SOCKET_NAME_SIZE];

    switch (from->kind) {
    case DESCRIPTION_SOCKET:
        if (tree->sockets[from->socket].state != SOCKET_OUTSIDE)
            return false;
        socket_name_describe(tree->sockets[from->socket].peer_name, name);
        snprintf(ret, size, "a connection to %s outside, has been reset", name);
        return true;
    case DESCRIPTION_PIPE:
        snprintf(ret, size, "a pipe to somebody outside, leads nowhere now");
        return tree->pipes[from->pipe].outside;
    case DESCRIPTION_INHERITED:
        snprintf(ret, size, "which ckpt had been given ('%s'), leads nowhere now",
                 from->path == NULL ? "?" : from->path);
        return !inherited_again((int)from->value, from->flags);
    default:
        return false;
    }
}

void lost_warn(const struct tree_image *tree, struct status *status)
{
    char loss[256];

    for (size_t i = 0; i < tree->description_count; i++) {
        int fd = -1;
        if (!loss_describe(tree, &tree->descriptions[i], loss, sizeof(loss)))
            continue;
        const struct image_process *holder = holder_find(tree, i, &fd);
        warn_on_record(status, "process %d (%s): descriptor %d, %s",
                       holder == NULL ? 0 : (int)holder->pid, holder == NULL ? "-" : holder->name,
                       fd, loss);
    }
}
