/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * System V semaphores, message queues and shared memory that the tree works with, as far as the kernel tells: it knows
 * who has used an object last. */
#include "supervisor/host_objects.h"

#include "objects/system_v_rows.h"
#include "supervisor/warning.h"

#include <stdio.h>

static const char *const names[SYSTEM_V_KINDS] = {
    [SYSTEM_V_SEMAPHORES] = "semaphores",
    [SYSTEM_V_QUEUE] = "message queue",
    [SYSTEM_V_SEGMENT] = "shared memory",
};

static bool row_warn(const struct system_v_row *row, const struct process_tree *tree,
                     struct status *status)
{
    const struct tree_process *user = system_v_creator(row, tree);

    if (user == NULL)
        user = system_v_last_user(row, tree);
    if (user == NULL)
        return false;
    warn_on_record(status,
                   "process %d (%s) uses System V %s %d, which belongs to the host: a restart "
                   "finds it as it is then",
                   (int)user->inner, user->name, names[row->kind], row->id);
    return true;
}

bool host_objects_warn(const struct process_tree *tree, const struct tree_image *image,
                       struct status *status)
{
    char line[512];
    bool found = false;

    for (int kind = 0; !found && kind < SYSTEM_V_KINDS; kind++) {
        FILE *file = system_v_table((enum system_v_kind)kind);
        while (!found && file != NULL && fgets(line, sizeof(line), file) != NULL) {
            struct system_v_row row;
            found = system_v_row_parse(line, (enum system_v_kind)kind, &row) &&
                    tree_image_system_v(image, row.kind, row.id) == NULL &&
                    row_warn(&row, tree, status);
        }
        if (file != NULL)
            fclose(file);
    }
    return found;
}
