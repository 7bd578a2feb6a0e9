/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_ELF_H
#define CKPT_COMMON_ELF_H

/* What kind of program a file is, as far as it matters to whoever wants to bring a library into it. */
enum elf_kind {
    ELF_NONE,    /* cannot be read, or no ELF file */
    ELF_DYNAMIC, /* names a dynamic loader */
    ELF_STATIC,  /* names none */
    ELF_32_BIT,
};

/* By its program headers; a script is ELF_NONE. */
enum elf_kind elf_kind_of(const char *path);

#endif
