/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The little of ELF that tells a dynamic program from a static one. */
#include "common/elf.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>

enum elf_kind elf_kind_of(const char *path)
{
    Elf64_Ehdr header = {0};
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    ssize_t got = fd < 0 ? -1 : pread_full(fd, &header, sizeof(header), 0);
    if (got < EI_NIDENT || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return ELF_NONE;
    if (header.e_ident[EI_CLASS] == ELFCLASS32)
        return ELF_32_BIT;
    if (got != sizeof(header) || header.e_ident[EI_CLASS] != ELFCLASS64)
        return ELF_NONE;
    for (int i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program;
        off_t at = (off_t)(header.e_phoff + (uint64_t)i * header.e_phentsize);
        if (pread_full(fd, &program, sizeof(program), at) != sizeof(program))
            return ELF_NONE;
        if (program.p_type == PT_INTERP)
            return ELF_DYNAMIC;
    }
    return ELF_STATIC;
}
