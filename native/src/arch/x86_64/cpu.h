/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_ARCH_CPU_H
#define CKPT_ARCH_CPU_H

#include <stddef.h>

/* What a program may have found out about its processor: instructions that libc and libraries choose code by when they
 * start. As names separated by blanks; a name that this version does not know is one that this host does not have. */
#define CPU_FEATURES_SIZE 1024

/* Of this host; what the kernel has switched off is not there. */
void cpu_features_read(char ret[CPU_FEATURES_SIZE]);
/* Fills ret with those of wanted that are not among have, cut to size; how many there are. Pure. */
unsigned cpu_features_missing(const char *wanted, const char *have, char *ret, size_t size);

#endif
