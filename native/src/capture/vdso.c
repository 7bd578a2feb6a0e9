/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The vDSO is code of the kernel in every process. Its checksum in the manifest tells in one look whether a restart will
 * have to lead calls into it elsewhere (restore/vdso.h). */
#include "capture/vdso.h"

#include "proc/mappings.h"
#include "store/checksum.h"

#include <string.h>
#include <unistd.h>

uint64_t vdso_checksum(void)
{
    struct mappings mappings = {0};
    uint64_t sum = 0;

    if (mappings_read(getpid(), &mappings, NULL) < 0)
        return 0;
    for (size_t i = 0; i < mappings.count; i++) {
        const struct mapping *mapping = &mappings.list[i];
        if (strcmp(mapping->name, "[vdso]") == 0)
            sum = checksum_bytes((const void *)mapping->start, mapping->end - mapping->start);
    }
    mappings_free(&mappings);
    return sum;
}
