/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_NOTES_H
#define CKPT_PRELOAD_NOTES_H

#include <stdbool.h>

/* Names that the program makes or opens for writing are noted in the store (files/notes.h), once each and before the
 * program gets to write. Between note_begin() and note_end() there is no checkpoint, so that none has a file without
 * its note. */
struct note_section {
    bool wanted;  /* the name has not been noted by this process */
    bool created; /* it is not there yet */
    bool held;
    unsigned long key;
    struct note_paths *paths; /* of a rename */
};

/* From CKPT_NOTES and CKPT_DEDICATED in the environment (exec_environment.h). */
void notes_init(void);
/* The former may be another one now. */
void notes_move(void);
bool notes_are_kept(void);
/* The directory that they lie in, or a negative errno. */
int notes_store_open(void);
/* The directory that they are in, with a slash behind, or "". */
const char *notes_store(void);

/* Before a call that may make the name or opens it for writing. Anything but a regular file, or none, is no name to be
 * noted. */
struct note_section note_begin(int directory, const char *path);
/* Behind it. flags: AT_SYMLINK_NOFOLLOW when the name itself counts, not what it leads to. */
void note_end(struct note_section *section, bool succeeded, int directory, const char *path,
              int flags);

/* Before a name is removed. */
void note_removal(int directory, const char *path);
/* Around a rename: what the old name was decides what the new one is. */
struct note_section note_rename_begin(int directory, const char *path);
void note_rename_end(struct note_section *section, bool succeeded, int directory, const char *path);

#endif
