/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#include "supervisor/residency.h"

#include "common/clock.h"
#include "supervisor/coordinator.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#define ANSWER_DEADLINE_MS 5000

int residency_ask(void *coordinator, pid_t outer, uint64_t start, size_t count, uint8_t *ret)
{
    struct member *member = coordinator_member(coordinator, outer, WIRE_KIND_PROCESS);
    uint64_t deadline = clock_monotonic_ms() + ANSWER_DEADLINE_MS;

    if (member == NULL || member->state != MEMBER_QUIESCED)
        return -ESRCH;
    member->memory = (struct wire_memory){.start = start, .pages = count};
    if (coordinator_tell(coordinator, member, WIRE_RESIDENT) < 0)
        return -EPIPE;
    member->state = MEMBER_ANSWERING;
    while (member->state == MEMBER_ANSWERING) {
        if (clock_monotonic_ms() > deadline)
            return -ETIMEDOUT;
        coordinator_pump(coordinator, 100);
        member = coordinator_member(coordinator, outer, WIRE_KIND_PROCESS);
        if (member == NULL)
            return -ESRCH;
    }
    struct iovec local = {.iov_base = ret, .iov_len = count};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)member->memory.answer, .iov_len = count};
    if (member->memory.answer == 0 ||
        process_vm_readv(outer, &local, 1, &remote, 1, 0) != (ssize_t)count)
        return -EIO;
    return 0;
}
