/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What cannot be carried, by the names that /proc gives it; kinds of programs by the first bytes of their files. */
#include "unit.h"

#include "capture/blame.h"
#include "common/elf.h"

#include <elf.h>
#include <fcntl.h>

static const struct stat character = {.st_mode = S_IFCHR | 0600}, other = {.st_mode = 0600};

TEST(gpus_and_their_memory_are_named)
{
    CHECK_CONTAINS(descriptor_blame("/dev/nvidia0", &character), "NVIDIA");
    CHECK_CONTAINS(descriptor_blame("/dev/nvidia-uvm", &character), "NVIDIA");
    CHECK_CONTAINS(descriptor_blame("/dev/kfd", &character), "AMD");
    CHECK_CONTAINS(descriptor_blame("/dev/dri/renderD128", &character), "GPU");
    CHECK_CONTAINS(mapping_blame("/dev/nvidia-uvm"), "NVIDIA");
    CHECK_CONTAINS(mapping_blame("/dev/nvidiactl"), "NVIDIA");
    CHECK_CONTAINS(mapping_blame("/dev/dri/card0"), "GPU");
    CHECK_CONTAINS(mapping_blame("/dev/infiniband/uverbs0"), "InfiniBand");
}

TEST(anonymous_inodes_are_named)
{
    CHECK_CONTAINS(descriptor_blame("anon_inode:[io_uring]", &other), "io_uring");
    CHECK_CONTAINS(descriptor_blame("anon_inode:[perf_event]", &other), "performance counter");
    CHECK_CONTAINS(descriptor_blame("anon_inode:bpf-map", &other), "BPF");
    CHECK_CONTAINS(descriptor_blame("anon_inode:bpf-prog", &other), "BPF");
    CHECK_CONTAINS(descriptor_blame("anon_inode:[userfaultfd]", &other), "userfaultfd");
    CHECK_CONTAINS(descriptor_blame("anon_inode:[fanotify]", &other), "fanotify");
    CHECK_CONTAINS(mapping_blame("anon_inode:[io_uring]"), "io_uring");
    CHECK_CONTAINS(mapping_blame("anon_inode:[perf_event]"), "performance counter");
}

TEST(devices_nobody_knows_are_refused_by_their_kind)
{
    const struct stat block = {.st_mode = S_IFBLK | 0600};

    CHECK_CONTAINS(descriptor_blame("/dev/whatever", &character), "driver");
    CHECK_CONTAINS(descriptor_blame("/dev/sda", &block), "block device");
    CHECK_CONTAINS(mapping_blame("/dev/whatever"), "device");
}

TEST(memory_and_files_are_not_blamed)
{
    CHECK(mapping_blame("") == NULL);
    CHECK(mapping_blame("[heap]") == NULL);
    CHECK(mapping_blame("/dev/zero") == NULL);
    CHECK(mapping_blame("/dev/shm/sem.name") == NULL);
    CHECK(mapping_blame("/dev/hugepages/pool") == NULL);
    CHECK(mapping_blame("/memfd:work") == NULL);
    CHECK(mapping_blame("/usr/lib/x86_64-linux-gnu/libc.so.6") == NULL);
    CHECK(mapping_blame("/home/me/dev/nvidia0") == NULL);
    CHECK(descriptor_blame("/tmp/file", &other) == NULL);
}

struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
};

static enum elf_kind kind_of(const void *bytes, size_t size)
{
    int fd = open("program", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    return elf_kind_of("program");
}

TEST(kinds_of_programs_are_told_apart)
{
    struct program program = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_INTERP}};

    CHECK_INT(kind_of(&program, sizeof(program)), ELF_DYNAMIC);
    program.segment.p_type = PT_LOAD;
    CHECK_INT(kind_of(&program, sizeof(program)), ELF_STATIC);
    program.header.e_phnum = 0;
    CHECK_INT(kind_of(&program, sizeof(program)), ELF_STATIC);
    program.header.e_ident[EI_CLASS] = ELFCLASS32;
    CHECK_INT(kind_of(&program, sizeof(Elf32_Ehdr)), ELF_32_BIT);
}

TEST(damaged_programs_are_none)
{
    struct program program = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64},
                   .e_phoff = UINT64_MAX - 8,
                   .e_phentsize = UINT16_MAX,
                   .e_phnum = UINT16_MAX}};

    CHECK_INT(kind_of(&program, sizeof(program)), ELF_NONE);
    CHECK_INT(kind_of(&program, 20), ELF_NONE);
    CHECK_INT(kind_of("#!/bin/sh\n", 10), ELF_NONE);
    CHECK_INT(kind_of("", 0), ELF_NONE);
    CHECK_INT(elf_kind_of("missing"), ELF_NONE);
}
