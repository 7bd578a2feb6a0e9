/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_RESIDENCY_H
#define CKPT_SUPERVISOR_RESIDENCY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A shared_ask (capture/shared.h) whose who is the coordinator: the checkpoint thread of the parked process asks
 * mincore(2) about its own memory and answers with the address of what it has been told. */
int residency_ask(void *coordinator, pid_t outer, uint64_t start, size_t count, uint8_t *ret);

#endif
