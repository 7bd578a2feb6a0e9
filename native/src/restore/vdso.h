/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_VDSO_H
#define CKPT_RESTORE_VDSO_H

#include "common/error.h"
#include "restore/restorer.h"

#include <stddef.h>
#include <stdint.h>

/* One vDSO: its bytes, and the address at which they stand or will stand. */
struct vdso {
    const unsigned char *bytes;
    size_t size;
    uint64_t address;
};

/* What has to be written over the saved vDSO at its address so that each of its functions becomes a way to the one of
 * the same name in the running vDSO, or to the system call where the running one has none. The saved bytes are not
 * trusted. Pure. */
int vdso_redirect(const struct vdso *saved, const struct vdso *running,
                  struct restorer_patch ret[RESTORER_PATCH_MAX], uint64_t *ret_count,
                  struct ckpt_error *err);

#endif
