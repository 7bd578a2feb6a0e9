/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef SMAPS_H
#define SMAPS_H

/* What the kernel says about the mapping at an address, for tests of memory. */
#include "testlib.h"

/* The rest of the line of /proc/self/smaps that begins with name, of the mapping that holds the address; "" if there is
 * none. The result is overwritten by the next call. */
static inline const char *smaps_line(const void *at, const char *name)
{
    static char line[8192];
    unsigned long start, end, address = (unsigned long)(uintptr_t)at;
    bool inside = false;
    FILE *file = fopen("/proc/self/smaps", "re");

    CHECK(file != NULL, "open /proc/self/smaps");
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && line[0] >= '0' && line[0] != 'F')
            inside = start <= address && address < end;
        else if (inside && strncmp(line, name, strlen(name)) == 0) {
            fclose(file);
            return line + strlen(name);
        }
    }
    fclose(file);
    line[0] = 0;
    return line;
}

/* Whether VmFlags has the two letters. */
static inline bool smaps_flag(const void *at, const char *flag)
{
    char word[8];

    snprintf(word, sizeof(word), " %s ", flag);
    return strstr(smaps_line(at, "VmFlags:"), word) != NULL;
}

#endif
