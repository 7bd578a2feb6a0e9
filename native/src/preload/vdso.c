/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A restart may happen under a kernel with another vDSO, in which the code that a thread was executing is not there.
 * So nobody is parked in the vDSO: who is met there, by the signal of a checkpoint, goes on for an instant. It calls
 * nothing and waits for nothing. */
#include "arch/x86_64/registers.h"
#include "preload/preload.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/auxvec.h>
#include <sys/syscall.h>

/* What the kernel said when the program began. */
static uint64_t address_at_start(void)
{
    uint64_t pair[2], address = 0;
    long fd = proc_open("self/auxv", O_RDONLY);

    while (address == 0 && fd >= 0 && raw3(SYS_read, fd, pair, sizeof(pair)) == sizeof(pair)) {
        if (pair[0] == AT_SYSINFO_EHDR)
            address = pair[1];
    }
    if (fd >= 0)
        raw1(SYS_close, fd);
    return address;
}

void vdso_find(void)
{
    uint64_t address = preload.restorer.vdso;

    if (address == 0)
        address = preload.vdso_start != 0 ? preload.vdso_start : address_at_start();
    if (address == 0 || address == preload.vdso_start)
        return;
    const Elf64_Ehdr *header = (const void *)address;
    const Elf64_Phdr *program = (const void *)(address + header->e_phoff);
    preload.vdso_end = address;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (program[i].p_type == PT_LOAD)
            preload.vdso_end = address + program[i].p_offset + program[i].p_memsz;
    }
    preload.vdso_start = address;
}

bool stands_in_vdso(const void *ucontext)
{
    const struct arch_frame *frame = ucontext;

    return frame->registers.rip >= preload.vdso_start && frame->registers.rip < preload.vdso_end;
}
