/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_WIRE_SYSTEM_V_H
#define CKPT_WIRE_SYSTEM_V_H

#include <stdint.h>

enum system_v_kind {
    SYSTEM_V_SEMAPHORES,
    SYSTEM_V_QUEUE,
    SYSTEM_V_SEGMENT, /* of shared memory */
    SYSTEM_V_KINDS
};

/* A file of the store: which objects the tree has made, one note behind the other. Ids come again only after many
 * thousands of others. */
#define SYSTEM_V_NOTES "system-v"

struct system_v_note {
    int32_t kind, id, key, reserved;
};

#endif
