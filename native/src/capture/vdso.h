/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_VDSO_H
#define CKPT_CAPTURE_VDSO_H

#include <stdint.h>

/* XXH3 of this kernel's vDSO: images fit kernels that map the same one. 0 without a vDSO. */
uint64_t vdso_checksum(void);

#endif
