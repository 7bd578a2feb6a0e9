/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "store/generation.h"
#include "store/store.h"

/* The store ./store of the test's directory. */
struct store *fixture_store(void);

/* Commits a generation with tree.img, 12.img, 12.mem (some content each) and one process, which relies on notes of
 * these bytes, with others behind; its number. */
#define FIXTURE_NOTES "C/tmp/one"
unsigned fixture_generation(struct store *store);

/* Replaces, reads a file below the store by its path there. */
void fixture_write(struct store *store, const char *path, const char *text);
char *fixture_read(struct store *store, const char *path);

/* Replaces the first occurrence of a text in a file of the store. */
void fixture_edit(struct store *store, const char *path, const char *from, const char *to);

bool fixture_exists(struct store *store, const char *path);

#endif
