/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Every program of the tree has to find the library and the coordinator in its environment, also one that is started
 * with an environment of its own. These run in children of vfork as well, so they change nothing but their own stack. */
#include "arch/x86_64/resume.h"
#include "preload/filters.h"
#include "preload/preload.h"
#include "preload/refresh.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <stdarg.h>
#include <sys/syscall.h>

extern char **environ __attribute__((weak));

#define VARIABLES  6
#define SUPERVISED 1
#define FILTERS    5
static const char *const names[VARIABLES] = {"CKPT_COORDINATOR", "CKPT_SUPERVISED",
                                             "CKPT_SIGNAL",      "CKPT_NOTES",
                                             "CKPT_DEDICATED",   FILTERS_ENVIRONMENT};
static char entries[VARIABLES][4200]; /* "NAME=value", empty where it is not set */
static char library[1024];

const char *library_path(void)
{
    return library;
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
    size_t length;
    const char *found = list_find_library(list, &length);

    if (found == NULL || length >= sizeof(library))
        return;
    memcpy(library, found, length);
    library[length] = 0;
}

void exec_environment_note(char *const *environment)
{
    library_note(environment_get(environment, "LD_PRELOAD"));
    for (int i = 0; i < VARIABLES; i++) {
        const char *value = environment_get(environment, names[i]);
        entries[i][0] = 0;
        if (value == NULL)
            continue;
        text_append(entries[i], sizeof(entries[i]), names[i]);
        text_append(entries[i], sizeof(entries[i]), "=");
        text_append(entries[i], sizeof(entries[i]), value);
    }
}

/* From now on; what the environment did not have stays out of it. */
void exec_environment_set(const char *entry)
{
    library_note(text_after(entry, "LD_PRELOAD="));
    for (int i = 0; i < VARIABLES; i++) {
        const char *rest = text_after(entry, names[i]);
        if (entries[i][0] == 0 || rest == NULL || *rest != '=')
            continue;
        entries[i][0] = 0;
        text_append(entries[i], sizeof(entries[i]), entry);
    }
}

/* NULL: there are none. */
void exec_environment_filters(const char *value)
{
    entries[FILTERS][0] = 0;
    if (value == NULL)
        return;
    text_append(entries[FILTERS], sizeof(entries[FILTERS]), FILTERS_ENVIRONMENT "=");
    text_append(entries[FILTERS], sizeof(entries[FILTERS]), value);
}

/* The supervisor has ended and left the process alone: neither it nor what it starts must end for want of one. */
void exec_environment_detach(void)
{
    const char *value = environment_get(environ, names[SUPERVISED]);

    preload.supervised = false;
    entries[SUPERVISED][0] = 0;
    text_append(entries[SUPERVISED], sizeof(entries[SUPERVISED]), "CKPT_SUPERVISED=0");
    if (value != NULL)
        *(char *)(uintptr_t)value = '0';
}

static bool list_holds_library(const char *list)
{
    for (; list != NULL && *list != 0; list++) {
        if (text_after(list, library) != NULL)
            return true;
    }
    return false;
}

static bool environment_is_complete(char *const *environment)
{
    for (int i = 0; i < VARIABLES; i++) {
        const char *value = environment_get(environment, names[i]);
        const char *wanted = entries[i] + text_length(names[i]) + 1;
        if (entries[i][0] != 0 && (value == NULL || !text_equal(value, wanted)))
            return false;
    }
    return list_holds_library(environment_get(environment, "LD_PRELOAD"));
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
    for (int i = 0; i < VARIABLES; i++) {
        const char *rest = text_after(entry, names[i]);
        if (entries[i][0] != 0 && rest != NULL && *rest == '=')
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
    text_append(text, size, library);
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

/* Fills target, which has room for ROOM(environment) pointers, and text for LD_PRELOAD. */
static void environment_complete(char *const *environment, char **target, char *text, size_t size)
{
    text[0] = 0;
    text_append(text, size, "LD_PRELOAD=");
    library_insert(environment_get(environment, "LD_PRELOAD"), text, size);
    *target++ = text;
    for (int i = 0; i < VARIABLES; i++) {
        if (entries[i][0] != 0)
            *target++ = entries[i];
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
    const char *rest = text_after(list, library);

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
    return has_been_rooted && raw2(SYS_access, library, R_OK) < 0;
}

/* Whether a program gets the environment that it is given. */
static bool environment_is_good(char *const *environment)
{
    if (library[0] == 0)
        return true;
    if (is_filtered() || is_out_of_reach())
        return false;
    return !preload.managed ||
           (environment_is_complete(environment) && !variables_differ(environment));
}

static void environment_make(char *const *environment, char **target, char *text, size_t size)
{
    if (is_filtered() || is_out_of_reach())
        environment_strip(environment, target, text, size);
    else
        environment_complete(environment, target, text, size);
}

#define PRELOAD_TEXT      4096
#define ROOM(environment) (list_length(environment) + variables_added_most() + VARIABLES + 2)

/* An expression, since the result must live in the caller's frame. */
#define ENVIRONMENT(environment)                                                                   \
    (environment_is_good(environment) ? (environment) : ({                                         \
        char **target_ = __builtin_alloca(ROOM(environment) * sizeof(char *));                     \
        environment_make(environment, target_, __builtin_alloca(PRELOAD_TEXT), PRELOAD_TEXT);      \
        target_;                                                                                   \
    }))

EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
    char *const *complete = ENVIRONMENT(environment);

    bool held = signals_before_exec();
    int error = REAL(execve)(path, arguments, complete);
    signals_after_exec(held);
    return error;
}

EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[])
{
    char *const *complete = ENVIRONMENT(environment);

    bool held = signals_before_exec();
    int error = REAL(execvpe)(file, arguments, complete);
    signals_after_exec(held);
    return error;
}

EXPORT int fexecve(int fd, char *const arguments[], char *const environment[])
{
    char *const *complete = ENVIRONMENT(environment);

    bool held = signals_before_exec();
    int error = REAL(fexecve)(fd, arguments, complete);
    signals_after_exec(held);
    return error;
}

EXPORT int execveat(int directory, const char *path, char *const arguments[],
                    char *const environment[], int flags)
{
    char *const *complete = ENVIRONMENT(environment);

    bool held = signals_before_exec();
    int error = REAL(execveat) != NULL
                    ? real.execveat(directory, path, arguments, complete, flags)
                    : (int)arch_named_syscall(SYS_execveat, directory, (long)path, (long)arguments,
                                              (long)complete, flags, 0);
    signals_after_exec(held);
    return error;
}

EXPORT int execv(const char *path, char *const arguments[])
{
    return execve(path, arguments, environ);
}

EXPORT int execvp(const char *file, char *const arguments[])
{
    return execvpe(file, arguments, environ);
}

/* Collects the variadic arguments of execl and its like into an array in the caller's frame. */
#define ARGUMENTS_COLLECT(target, list, first)                                                     \
    do {                                                                                           \
        va_list counting_;                                                                         \
        size_t count_ = 1;                                                                         \
        va_copy(counting_, list);                                                                  \
        while (va_arg(counting_, char *) != NULL)                                                  \
            count_++;                                                                              \
        va_end(counting_);                                                                         \
        target = __builtin_alloca((count_ + 1) * sizeof(char *));                                  \
        target[0] = (char *)(uintptr_t)(first);                                                    \
        for (size_t i_ = 1; i_ <= count_; i_++)                                                    \
            target[i_] = va_arg(list, char *);                                                     \
    } while (0)

EXPORT int execl(const char *path, const char *first, ...)
{
    va_list list;
    char **arguments;

    va_start(list, first);
    ARGUMENTS_COLLECT(arguments, list, first);
    va_end(list);
    return execve(path, arguments, environ);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
    va_list list;
    char **arguments;

    va_start(list, first);
    ARGUMENTS_COLLECT(arguments, list, first);
    va_end(list);
    return execvpe(file, arguments, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
    va_list list;
    char **arguments;

    va_start(list, first);
    ARGUMENTS_COLLECT(arguments, list, first);
    char *const *environment = va_arg(list, char *const *);
    va_end(list);
    return execve(path, arguments, environment);
}

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
                           const posix_spawnattr_t *, char *const[], char *const[]);

static int spawn(spawn_function *function, pid_t *pid, const char *file,
                 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const arguments[], char *const environment[])
{
    if (!signals_differ())
        return function(pid, file, actions, attributes, arguments, environment);
    bool held = signals_before_exec();
    int error = function(pid, file, actions, attributes, arguments, environment);
    signals_after_exec(held);
    return error;
}

EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
                       const posix_spawn_file_actions_t *restrict actions,
                       const posix_spawnattr_t *restrict attributes, char *const arguments[],
                       char *const environment[])
{
    return spawn(REAL(posix_spawn), pid, path, actions, attributes, arguments,
                 ENVIRONMENT(environment));
}

EXPORT int posix_spawnp(pid_t *restrict pid, const char *restrict file,
                        const posix_spawn_file_actions_t *restrict actions,
                        const posix_spawnattr_t *restrict attributes, char *const arguments[],
                        char *const environment[])
{
    return spawn(REAL(posix_spawnp), pid, file, actions, attributes, arguments,
                 ENVIRONMENT(environment));
}

/* Both start a shell from inside libc, with the environment that the program has. Another thread may copy its pointers
 * meanwhile, so what they lead to stays. */
static char shell_text[PRELOAD_TEXT];

#define WITH_ENVIRONMENT(call)                                                                     \
    ({                                                                                             \
        char **before_ = environ, **complete_ = environ;                                           \
        if (!environment_is_good(environ)) {                                                       \
            complete_ = __builtin_alloca(ROOM(environ) * sizeof(char *));                          \
            environment_make(environ, complete_, shell_text, sizeof(shell_text));                  \
        }                                                                                          \
        environ = complete_;                                                                       \
        __typeof__(call) result_ = (call);                                                         \
        if (environ == complete_) /* else it has also set something */                             \
            environ = before_;                                                                     \
        result_;                                                                                   \
    })

EXPORT int system(const char *command)
{
    return WITH_ENVIRONMENT(REAL(system)(command));
}

EXPORT FILE *popen(const char *command, const char *mode)
{
    return WITH_ENVIRONMENT(REAL(popen)(command, mode));
}
