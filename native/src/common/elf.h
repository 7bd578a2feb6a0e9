/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_ELF_H
#define CKPT_COMMON_ELF_H

/* Whether a program names a dynamic loader, which is what can bring a library into it. 1: it does, 0: it is
 * statically linked, -1: it cannot be read or is no 64-bit ELF file. */
int elf_has_interpreter(const char *path);

#endif
