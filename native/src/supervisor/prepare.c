/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The longest part of a pause can be the copying of shared memory. Most of it is done here, before the pause. */
#include "supervisor/prepare.h"

#include "capture/precopy.h"
#include "common/clock.h"
#include "store/store.h"
#include "supervisor/quiesce.h"

#include <sys/eventfd.h>
#include <unistd.h>

#define WORTH_FROM (4ULL << 20) /* bytes; less is copied in a few milliseconds */

static void done_ready(struct coordinator *coordinator, struct watch *watch)
{
    uint64_t count;

    (void)coordinator;
    ((struct prepared *)watch)->finished = read(watch->fd, &count, sizeof(count)) > 0;
}

int prepared_open(struct prepared *prepared, struct coordinator *coordinator,
                  struct ckpt_error *err)
{
    prepared->done =
        (struct watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = done_ready};
    if (prepared->done.fd < 0)
        return ckpt_error_errno(err, "make an event descriptor");
    return coordinator_watch(coordinator, &prepared->done, err);
}

void prepared_close(struct prepared *prepared)
{
    prepared_drop(prepared);
    if (prepared->done.fd > 0)
        close(prepared->done.fd);
}

void prepared_make(struct prepared *prepared, struct coordinator *coordinator)
{
    struct process_tree tree = {0};
    uint64_t started = clock_monotonic_ms();

    prepared_drop(prepared);
    if (tree_list(coordinator, &tree, NULL) == 0 && precopy_worth(&tree) >= WORTH_FROM)
        prepared->precopy = precopy_start(&tree, coordinator->store->dirfd, prepared->done.fd);
    process_tree_free(&tree);
    while (prepared->precopy != NULL && !prepared->finished)
        coordinator_pump(coordinator, -1);
    prepared->seconds = (double)(clock_monotonic_ms() - started) / 1000;
}

void prepared_drop(struct prepared *prepared)
{
    uint64_t count;

    precopy_end(prepared->precopy);
    prepared->precopy = NULL;
    prepared->finished = false;
    while (prepared->done.fd > 0 && read(prepared->done.fd, &count, sizeof(count)) > 0)
        continue;
}
