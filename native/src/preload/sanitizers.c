/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A program that gcc has built with -fsanitize=address ends at its start when a library comes before libasan.so, as a
 * preloaded one does, unless an option says that this is meant. The sanitizer asks the program for such options by a
 * function, before it reads $ASAN_OPTIONS; one of the program's own comes before this one. Called before anything is
 * relocated. */
#include "preload/preload.h"

const char *__asan_default_options(void);

EXPORT const char *__asan_default_options(void)
{
    return "verify_asan_link_order=0";
}
