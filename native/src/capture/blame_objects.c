/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Objects whose state the kernel or a device keeps to itself, by the names /proc gives them. */
#include "capture/blame.h"

#include <string.h>
#include <sys/sysmacros.h>

/* Longer prefixes first where one begins another. */
static const struct {
    const char *prefix, *what;
} known[] = {
    {"anon_inode:[io_uring]", "an io_uring, whose requests the kernel does not show"},
    {"anon_inode:[perf_event]", "a performance counter"},
    {"anon_inode:bpf-", "a BPF object"},
    {"anon_inode:[userfaultfd]", "a userfaultfd"},
    {"anon_inode:[fanotify]", "a fanotify watch"},
    {"anon_inode:seccomp notify", "a listener of seccomp filters"},
    {"anon_inode:kvm-", "a virtual machine"},
    {"anon_inode:[fscontext]", "a filesystem being mounted"},
    {"anon_inode:[landlock-ruleset]", "a Landlock ruleset"},
    {"anon_inode:[vfio", "a device handed to the program (VFIO)"},
    {"anon_inode:dma-buf", "memory of a device (dma-buf)"},
    {"/dev/nvidia", "an NVIDIA GPU"},
    {"/dev/kfd", "an AMD GPU"},
    {"/dev/dri/", "a GPU"},
    {"/dev/dxg", "a GPU"},
    {"/dev/accel/", "an accelerator"},
    {"/dev/infiniband/", "an InfiniBand device"},
    {"/dev/hfi1", "an Omni-Path device"},
    {"/dev/knem", "a device for copies between processes"},
    {"/dev/xpmem", "a device for memory shared between processes"},
    {"/dev/vfio/", "a device handed to the program (VFIO)"},
    {"/dev/kvm", "a virtual machine"},
    {"/dev/fuse", "a FUSE filesystem that it serves"},
    {"/dev/net/tun", "a network tunnel"},
    {"/dev/mem", "the machine's memory"},
    {"/dev/snd/", "a sound device"},
    {"/dev/video", "a camera"},
    {"/dev/tty", "a terminal"},
    {"/dev/pts/", "a terminal"},
};

static const char *known_find(const char *name)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strncmp(name, known[i].prefix, strlen(known[i].prefix)) == 0)
            return known[i].what;
    }
    return NULL;
}

const char *descriptor_blame(const char *target, const struct stat *status)
{
    const char *what = known_find(target);

    if (what != NULL)
        return what;
    return S_ISCHR(status->st_mode)   ? "a device, whose state only its driver knows"
           : S_ISBLK(status->st_mode) ? "a block device"
                                      : NULL;
}

/* Of character devices only /dev/zero is memory and nothing else. */
const char *mapping_blame(const char *name)
{
    const char *what = known_find(name);

    if (what != NULL)
        return what;
    return strncmp(name, "/dev/", 5) == 0 && strncmp(name, "/dev/shm/", 9) != 0 &&
                   strncmp(name, "/dev/hugepages/", 15) != 0 && strcmp(name, "/dev/zero") != 0
               ? "a device"
               : NULL;
}
