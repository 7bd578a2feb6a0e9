/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Every program of the tree has to find the library and the coordinator in its environment, also one that is started
 * with an environment of its own. What looks at that or makes it runs in children of vfork as well, so it changes nothing
 * but its stack. Every process comes by here at its start and at exec: an environment is gone through once. */
#include "preload/exec_environment.h"
#include "preload/filters.h"
#include "preload/kept.h"
#include "preload/preload.h"
#include "preload/refresh.h"
#include "preload/text.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ __attribute__((weak));

/* Arrays and not pointers, which the loader would have to relocate in every process. */
static const char names[TREE_VARIABLES][24] = {
    [TREE_COORDINATOR] = "CKPT_COORDINATOR", [TREE_SUPERVISED] = "CKPT_SUPERVISED",
    [TREE_SIGNAL] = "CKPT_SIGNAL",           [TREE_NOTES] = "CKPT_NOTES",
    [TREE_DEDICATED] = "CKPT_DEDICATED",     [TREE_FILTERS] = FILTERS_ENVIRONMENT,
};
static struct kept entries[TREE_VARIABLES]; /* "NAME=value", empty where it is not set */
static struct kept library;

const char *library_path(void)
{
    return kept_text(&library);
}

static bool is_set(int variable)
{
    return kept_text(&entries[variable])[0] != 0;
}

const char *exec_environment_value(enum tree_variable variable)
{
    return is_set(variable) ? entries[variable].text + text_length(names[variable]) + 1 : NULL;
}

/* The values in an environment, NULL where it has none. */
struct values {
    const char *of[TREE_VARIABLES], *preload;
};

static void values_find(char *const *environment, struct values *ret)
{
    memset(ret, 0, sizeof(*ret));
    for (; environment != NULL && *environment != NULL; environment++) {
        if (ret->preload == NULL && (*environment)[0] == 'L')
            ret->preload = text_after(*environment, "LD_PRELOAD=");
        if (text_after(*environment, "CKPT_") == NULL)
            continue;
        for (int i = 0; i < TREE_VARIABLES; i++) {
            const char *rest = text_after(*environment, names[i]);
            if (ret->of[i] == NULL && rest != NULL && *rest == '=')
                ret->of[i] = rest + 1;
        }
    }
}

/* The element of a list separated by colons or blanks that ends in our file's name, wherever it lies; or NULL. */
static const char *list_find_library(const char *list, size_t *ret_length)
{
    while (list != NULL && *list != 0) {
        const char *end = list;
        while (*end != 0 && *end != ':' && *end != ' ')
            end++;
        *ret_length = (size_t)(end - list);
        if (*ret_length >= 10 && memcmp(end - 10, "libckpt.so", 10) == 0)
            return list;
        list = *end != 0 ? end + 1 : end;
    }
    return NULL;
}

static void library_note(const char *list)
{
    char path[1024];
    size_t length;
    const char *found = list_find_library(list, &length);

    if (found == NULL || length >= sizeof(path))
        return;
    memcpy(path, found, length);
    path[length] = 0;
    kept_set(&library, path, "", "");
}

void exec_environment_note(char *const *environment)
{
    struct values values;

    values_find(environment, &values);
    library_note(values.preload);
    for (int i = 0; i < TREE_VARIABLES; i++) {
        if (values.of[i] != NULL)
            kept_set(&entries[i], names[i], "=", values.of[i]);
    }
}

/* What the environment did not have stays out of it. */
void exec_environment_set(const char *entry)
{
    library_note(text_after(entry, "LD_PRELOAD="));
    for (int i = 0; i < TREE_VARIABLES; i++) {
        const char *rest = text_after(entry, names[i]);
        if (is_set(i) && rest != NULL && *rest == '=')
            kept_set(&entries[i], entry, "", "");
    }
}

void exec_environment_filters(const char *value)
{
    if (value != NULL)
        kept_set(&entries[TREE_FILTERS], FILTERS_ENVIRONMENT, "=", value);
    else if (is_set(TREE_FILTERS))
        kept_set(&entries[TREE_FILTERS], "", "", "");
}

void exec_environment_coordinator(const char *name)
{
    kept_set(&entries[TREE_COORDINATOR], names[TREE_COORDINATOR], "=", name);
}

void exec_environment_detach(void)
{
    const char *value = environment_get(environ, names[TREE_SUPERVISED]);

    preload.supervised = false;
    kept_set(&entries[TREE_SUPERVISED], names[TREE_SUPERVISED], "=0", "");
    if (value != NULL)
        *(char *)(uintptr_t)value = '0';
}

static bool list_holds_library(const char *list)
{
    for (; list != NULL && *list != 0; list++) {
        if (text_after(list, library.text) != NULL)
            return true;
    }
    return false;
}

static bool environment_is_complete(char *const *environment)
{
    struct values values;

    values_find(environment, &values);
    for (int i = 0; i < TREE_VARIABLES; i++) {
        const char *wanted = exec_environment_value(i);
        if (wanted != NULL && (values.of[i] == NULL || !text_equal(values.of[i], wanted)))
            return false;
    }
    return list_holds_library(values.preload);
}

static size_t list_length(char *const *list)
{
    size_t length = 0;

    while (list != NULL && list[length] != NULL)
        length++;
    return length;
}

/* "NAME=value" of one of the variables that are set here. */
static bool is_replaced(const char *entry)
{
    for (int i = 0; i < TREE_VARIABLES; i++) {
        const char *rest = text_after(entry, names[i]);
        if (is_set(i) && rest != NULL && *rest == '=')
            return true;
    }
    return text_after(entry, "LD_PRELOAD=") != NULL;
}

/* In front, or where it, or the one of an earlier incarnation, stands already. */
static void library_insert(const char *list, char *text, size_t size)
{
    size_t length = 0;
    const char *found = list_find_library(list, &length);
    size_t before = text_length(text) + (found != NULL ? (size_t)(found - list) : 0);

    if (found != NULL && before < size) {
        text_append(text, before + 1, list);
        list = found + length;
    }
    text_append(text, size, library.text);
    if (found == NULL && list != NULL && *list != 0)
        text_append(text, size, ":");
    text_append(text, size, list != NULL ? list : "");
}

/* The environment as the job has it now. */
static void variables_copy(char *const *environment, char **target)
{
    const char *added = NULL;

    for (char *const *at = environment; at != NULL && *at != NULL; at++) {
        const char *now = variable_now(*at);
        if (now != NULL)
            *target++ = (char *)(uintptr_t)now;
    }
    while ((added = variables_added(environment, added)) != NULL)
        *target++ = (char *)(uintptr_t)added;
    *target = NULL;
}

/* Text is for LD_PRELOAD. */
static void environment_complete(char *const *environment, char **target, char *text, size_t size)
{
    text[0] = 0;
    text_append(text, size, "LD_PRELOAD=");
    library_insert(environment_get(environment, "LD_PRELOAD"), text, size);
    *target++ = text;
    for (int i = 0; i < TREE_VARIABLES; i++) {
        if (is_set(i))
            *target++ = entries[i].text;
    }
    char **kept = target;
    variables_copy(environment, target);
    for (; *target != NULL; target++) {
        if (!is_replaced(*target))
            *kept++ = *target;
    }
    *kept = NULL;
}

/* The rest of a list after its element that is our library is what others have preloaded. */
static const char *list_without_library(const char *list)
{
    const char *rest = text_after(list, library.text);

    return rest == NULL ? list : *rest == ':' || *rest == ' ' ? rest + 1 : rest;
}

/* For a program that is left alone, under a filter of system calls or in another root directory: the same without our library, which always is the first. */
static void environment_strip(char *const *environment, char **target, char *text, size_t size)
{
    text[0] = 0;
    variables_copy(environment, target);
    char **kept = target;
    for (; *target != NULL; target++) {
        const char *list = text_after(*target, "LD_PRELOAD=");
        if (list == NULL) {
            *kept++ = *target;
            continue;
        }
        text_append(text, size, "LD_PRELOAD=");
        text_append(text, size, list_without_library(list));
        if (text[text_length("LD_PRELOAD=")] != 0)
            *kept++ = text;
    }
    *kept = NULL;
}

static bool is_filtered(void)
{
    return !filters_can_be_told() ||
           (preload.filtered_pid != 0 && preload.filtered_pid == (int)raw0(SYS_getpid));
}

/* In another root directory the loader would complain that the library is not there. */
static bool is_out_of_reach(void)
{
    return has_been_rooted && raw2(SYS_access, library.text, R_OK) < 0;
}

bool exec_environment_is_good(char *const *environment)
{
    if (library.text == NULL)
        return true;
    if (is_filtered() || is_out_of_reach())
        return false;
    return !preload.managed ||
           (environment_is_complete(environment) && !variables_differ(environment));
}

size_t exec_environment_room(char *const *environment)
{
    return list_length(environment) + variables_added_most() + TREE_VARIABLES + 2;
}

void exec_environment_make(char *const *environment, char **target, char *text, size_t size)
{
    if (is_filtered() || is_out_of_reach())
        environment_strip(environment, target, text, size);
    else
        environment_complete(environment, target, text, size);
}
