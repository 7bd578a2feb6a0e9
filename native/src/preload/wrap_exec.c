/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The calls by which programs are started: each gets the environment that exec_environment.h speaks of. These run in
 * children of vfork as well, so they change nothing but their own stack. */
#include "arch/x86_64/resume.h"
#include "preload/exec_environment.h"
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <stdarg.h>
#include <sys/syscall.h>

extern char **environ __attribute__((weak));

#define PRELOAD_TEXT 4096

/* An expression, since the result must live in the caller's frame. */
#define ENVIRONMENT(environment)                                                                   \
    (exec_environment_is_good(environment) ? (environment) : ({                                    \
        char **target_ = __builtin_alloca(exec_environment_room(environment) * sizeof(char *));    \
        exec_environment_make(environment, target_, __builtin_alloca(PRELOAD_TEXT), PRELOAD_TEXT); \
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
SELDOM static char shell_text[PRELOAD_TEXT];

#define WITH_ENVIRONMENT(call)                                                                     \
    ({                                                                                             \
        char **before_ = environ, **complete_ = environ;                                           \
        if (!exec_environment_is_good(environ)) {                                                  \
            complete_ = __builtin_alloca(exec_environment_room(environ) * sizeof(char *));         \
            exec_environment_make(environ, complete_, shell_text, sizeof(shell_text));             \
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
