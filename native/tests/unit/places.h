/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef UNIT_PLACES_H
#define UNIT_PLACES_H

/* What places_made.c and places_undone.c share: ./old is kept in generations below ./generations, and brought back to ./new. */

#include "restore/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* ./old, ./new and the store. */
void places_directories(const char *store);

/* Replaces a file. */
void places_put(const char *path, const char *text);
/* A time that no copy gets by chance, and a mode, if it is not 0. */
void places_touch(const char *path, mode_t mode);

void places_check(const char *path, const char *text);
/* ./new has the same entry as ./old, by itself. */
void places_check_same(const char *name);
bool places_exist(const char *path);
/* How many entries a directory has; none of them may be ours. */
int places_entries(const char *path);

/* The next generation has the files of the directory. It is open until places_forget(). */
void places_keep(const char *directory, const char *store, char *const *excludes, size_t count);
void places_forget(void);
/* Removes the kept content of a file from it. */
void places_lose(const char *path);

/* What place_make() says for it. */
int places_make(const char *from, const char *to, const char *store, struct place **ret,
                struct ckpt_error *err);
/* ./old is kept, and made in ./new. */
struct place *places_made(const char *store, char *const *excludes, size_t count);

/* The rest of the test is that of an ordinary user, who is refused things. */
void places_become_ordinary(void);

#endif
