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

int elf_has_interpreter(const char *path)
{
    Elf64_Ehdr header;
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || pread_full(fd, &header, sizeof(header), 0) != sizeof(header))
        return -1;
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
        return -1;
    for (int i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program;
        off_t at = (off_t)(header.e_phoff + (uint64_t)i * header.e_phentsize);
        if (pread_full(fd, &program, sizeof(program), at) != sizeof(program))
            return -1;
        if (program.p_type == PT_INTERP)
            return 1;
    }
    return 0;
}
