/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Places for texts: in one small piece of memory for all of them, and pages of its own for one that does not fit. Called
 * in the constructor, and by the checkpoint thread of a restored process. */
#include "preload/kept.h"
#include "preload/pages.h"
#include "preload/text.h"

#define PIECE_SIZE 1536
#define SPARE      24 /* for a number or a name that is a little longer next time */

static char piece[PIECE_SIZE];
static size_t used;

static void room_make(struct kept *kept, size_t size)
{
    size_t room = size + SPARE;

    if (room <= PIECE_SIZE - used) {
        *kept = (struct kept){.text = piece + used, .room = room};
        used += room;
        return;
    }
    char *pages = pages_new(room);
    if (pages != NULL)
        *kept = (struct kept){.text = pages, .room = room};
}

void kept_set(struct kept *kept, const char *first, const char *second, const char *third)
{
    size_t size = text_length(first) + text_length(second) + text_length(third) + 1;

    if (size > kept->room)
        room_make(kept, size);
    if (kept->text == NULL)
        return;
    kept->text[0] = 0;
    if (size > kept->room) /* nor is there memory */
        return;
    text_append(kept->text, kept->room, first);
    text_append(kept->text, kept->room, second);
    text_append(kept->text, kept->room, third);
}
