/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_EXEC_ENVIRONMENT_H
#define CKPT_PRELOAD_EXEC_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

/* What every program of the tree has to find in its environment. */
enum tree_variable {
    TREE_COORDINATOR,
    TREE_SUPERVISED,
    TREE_SIGNAL,
    TREE_NOTES,
    TREE_DEDICATED,
    TREE_FILTERS,
    TREE_VARIABLES
};

/* Remembers them, and where the library lies, in the constructor. */
void exec_environment_note(char *const *environment);
/* The value of one, or NULL. It is changed by the next four only. */
const char *exec_environment_value(enum tree_variable variable);
/* One of these has another value now; LD_PRELOAD: the library lies there. */
void exec_environment_set(const char *entry);
/* The supervisor has ended and left the process alone: neither it nor what it starts must end for want of one. */
void exec_environment_detach(void);
/* What new programs are told of filters of system calls; NULL: nothing. */
void exec_environment_filters(const char *value);
/* The bare form has started a coordinator. */
void exec_environment_coordinator(const char *name);
const char *library_path(void);

/* Whether a program gets the environment that it is given. */
bool exec_environment_is_good(char *const *environment);
/* Otherwise: makes the one that it gets in target, with room for so many pointers, and in text. */
size_t exec_environment_room(char *const *environment);
void exec_environment_make(char *const *environment, char **target, char *text, size_t size);

#endif
