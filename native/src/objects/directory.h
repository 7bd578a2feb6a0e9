/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_DIRECTORY_H
#define CKPT_OBJECTS_DIRECTORY_H

#include "objects/object.h"

/* Takes " (deleted)" off the name; false when it does not end so. */
bool directory_deleted_name(char *path);
/* An open directory without a name; -1 and errno. */
int directory_deleted_make(const char *path, unsigned mode, int flags);

#endif
