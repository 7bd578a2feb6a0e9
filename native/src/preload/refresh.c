/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * After a restart, what the old job had put into the environment is what the new one has: in the program's environ now,
 * and in whatever environment it gives to other programs later, since shells and others keep lists of their own. The
 * entries live in memory of ours that is never given back: the program may keep pointers to them. It may also give an
 * entry of its own back to its malloc, as bash and Perl do, so only the kernel's entries are replaced by ours. */
#include "preload/refresh.h"

#include "preload/exec_environment.h"
#include "preload/notes.h"
#include "preload/pages.h"
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"
#include "wire/variables.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define DESCENT                                                                                    \
    "CKPT_COORDINATOR" /* what does not have it is no descendant of the command's environment */

extern char **environ __attribute__((weak));

/* What was read at a restart. */
struct text {
    const struct text *before; /* at the restart before; entries of it may still be in use */
    size_t size;
    char entries[]; /* with an empty one behind the last */
};

static const struct text *latest;
static const char *variables; /* its entries; NULL: none */

#define LONGEST (8L << 20) /* of all arguments and variables, generously */

static const char *kernel_list; /* on the stack, with its entries above it; NULL: nobody knows */

#define FOR_EACH_VARIABLE(entry)                                                                   \
    for (const char *entry = variables; entry != NULL && *entry != 0;                              \
         entry += text_length(entry) + 1)

static bool names_equal(const char *a, const char *b)
{
    while (*a == *b && *a != '=' && *a != 0) {
        a++;
        b++;
    }
    return *a == '=' && *b == '=';
}

const char *variable_now(const char *entry)
{
    const char *now = NULL;
    bool inherited = false;

    FOR_EACH_VARIABLE(variable)
    {
        if (variable[0] == VARIABLE_SETTING || !names_equal(variable + 1, entry))
            continue;
        if (variable[0] != VARIABLE_OLD)
            now = variable + 1;
        else if (text_equal(variable + 1, entry))
            inherited = true;
    }
    return inherited ? now : entry;
}

static bool holds(char *const *environment, const char *entry)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        if (names_equal(*environment, entry))
            return true;
    }
    return false;
}

size_t variables_added_most(void)
{
    size_t count = 0;

    FOR_EACH_VARIABLE(variable)
    {
        count += variable[0] == VARIABLE_ADDED;
    }
    return count;
}

const char *variables_added(char *const *environment, const char *before)
{
    bool behind = before == NULL;

    if (variables == NULL || environment_get(environment, DESCENT) == NULL)
        return NULL;
    FOR_EACH_VARIABLE(variable)
    {
        if (behind && variable[0] == VARIABLE_ADDED && !holds(environment, variable + 1))
            return variable + 1;
        behind |= variable + 1 == before;
    }
    return NULL;
}

bool variables_differ(char *const *environment)
{
    if (variables == NULL)
        return false;
    for (char *const *at = environment; at != NULL && *at != NULL; at++) {
        if (variable_now(*at) != *at)
            return true;
    }
    return variables_added(environment, NULL) != NULL;
}

/* ---- the program's own ---- */

void variables_begin(void)
{
    const char *list = (const char *)environ, *here = __builtin_frame_address(0);

    kernel_list = list > here && list - here < LONGEST ? list : NULL;
}

/* Whether it is an entry that the program cannot give back. */
static bool is_nobodys(const char *entry)
{
    if (kernel_list != NULL && entry > kernel_list && entry - kernel_list < LONGEST)
        return true;
    for (const struct text *text = latest; text != NULL; text = text->before) {
        if (entry >= text->entries && entry < text->entries + text->size)
            return true;
    }
    return false;
}

/* What becomes of an entry of environ. */
static const char *own_variable_now(const char *entry)
{
    return is_nobodys(entry) ? variable_now(entry) : entry;
}

/* Whoever has copied all of it gives it back as well. */
static bool is_programs_own(void)
{
    for (char *const *at = environ; *at != NULL; at++) {
        if (is_nobodys(*at))
            return false;
    }
    return true;
}

/* Whether the list gets longer or shorter. */
static bool environ_moves(void)
{
    for (char *const *at = environ; *at != NULL; at++) {
        if (own_variable_now(*at) == NULL)
            return true;
    }
    return variables_added(environ, NULL) != NULL;
}

static char *writable(const char *entry)
{
    return (char *)(uintptr_t)entry;
}

static void environ_replace(void)
{
    const char *added = NULL;
    size_t length = 0, end = 0;

    while (environ[length] != NULL)
        length++;
    char **list = pages_new((length + variables_added_most() + 1) * sizeof(char *));
    if (list == NULL)
        return;
    for (size_t i = 0; i < length; i++) {
        const char *now = own_variable_now(environ[i]);
        if (now != NULL)
            list[end++] = writable(now);
    }
    while ((added = variables_added(environ, added)) != NULL)
        list[end++] = writable(added);
    environ = list;
}

/* In place where that can be, so that a list which the program holds on to, such as the third argument of main,
 * changes as well. */
static void environ_change(void)
{
    if (is_programs_own())
        return;
    if (environ_moves()) {
        environ_replace();
        return;
    }
    for (char **at = environ; *at != NULL; at++)
        *at = writable(own_variable_now(*at));
}

static void settings_take(void)
{
    FOR_EACH_VARIABLE(variable)
    {
        if (variable[0] == VARIABLE_SETTING)
            exec_environment_set(variable + 1);
    }
    notes_move();
}

/* Room for one more NUL than the file has, so that the last entry is an empty one. */
static struct text *file_read(int fd)
{
    struct stat status;
    size_t at = 0;
    long got;

    if (raw2(SYS_fstat, fd, &status) < 0 || status.st_size <= 0)
        return NULL;
    struct text *text = pages_new(sizeof(*text) + (size_t)status.st_size + 2);
    if (text == NULL)
        return NULL;
    text->size = (size_t)status.st_size;
    while (at < text->size &&
           (got = raw4(SYS_pread64, fd, text->entries + at, text->size - at, (long)at)) > 0)
        at += (size_t)got;
    return text;
}

void variables_take(int fd)
{
    struct text *text = file_read(fd);

    if (text == NULL)
        return;
    text->before = latest;
    latest = text;
    variables = text->entries;
    settings_take();
    if (&environ != NULL && environ != NULL)
        environ_change();
}
