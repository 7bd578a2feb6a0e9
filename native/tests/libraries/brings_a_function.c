/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A plug-in that brings a function which the C library of its program lacks and libckpt.so stands in front of, as librt
 * and libpthread come into old systems. */
#include <fcntl.h>

int __open_2(const char *path, int flags);
int plug_in(const char *path);

int __open_2(const char *path, int flags)
{
    return path[0] == 'x' && flags == O_RDONLY ? 4711 : -1;
}

int plug_in(const char *path)
{
    return __open_2(path, O_RDONLY);
}
