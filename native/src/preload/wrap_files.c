/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The calls by which programs make names and open files for writing, each with its note (notes.h). A call that only
 * reads goes straight through. libc's own calls inside of libc do not come by here, so that each of its functions which
 * opens a file is wrapped as well; a program with system calls of its own is not noticed. */
/* Both names of each function are wanted. */
#undef _FILE_OFFSET_BITS
#include "preload/notes.h"
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define WRITES(flags) (((flags) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0)
/* O_TMPFILE makes a file without a name. */
#define NAMES(flags) (WRITES(flags) && ((flags)&O_TMPFILE) != O_TMPFILE)

/* Looked up when it is first needed: most programs use few of these. */
#define NEXT(name)                                                                                 \
    ({                                                                                             \
        static __typeof__(&name) next_;                                                            \
        if (next_ == NULL)                                                                         \
            next_ = (__typeof__(&name))next_symbol(#name);                                         \
        next_;                                                                                     \
    })

/* ok: how the result of the call looks when it has succeeded. */
#define NOTED(type, call, ok, directory, path, flags)                                              \
    ({                                                                                             \
        struct note_section section_ = note_begin(directory, path);                                \
        type result = call;                                                                        \
        note_end(&section_, ok, directory, path, flags);                                           \
        result;                                                                                    \
    })

/* ---- open ---- */

static mode_t mode_argument(int flags, va_list *arguments)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(*arguments, mode_t)
                                                                      : 0;
}

#define OPEN(name)                                                                                 \
    EXPORT int name(const char *path, int flags, ...)                                              \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = mode_argument(flags, &arguments);                                            \
        va_end(arguments);                                                                         \
        if (!NAMES(flags))                                                                         \
            return NEXT(name)(path, flags, mode);                                                  \
        return NOTED(int, NEXT(name)(path, flags, mode), result >= 0, AT_FDCWD, path, 0);          \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
    EXPORT int name(int directory, const char *path, int flags, ...)                               \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = mode_argument(flags, &arguments);                                            \
        va_end(arguments);                                                                         \
        if (!NAMES(flags))                                                                         \
            return NEXT(name)(directory, path, flags, mode);                                       \
        return NOTED(int, NEXT(name)(directory, path, flags, mode), result >= 0, directory, path,  \
                     0);                                                                           \
    }
OPENAT(openat)
OPENAT(openat64)

#define CREAT(name)                                                                                \
    EXPORT int name(const char *path, mode_t mode)                                                 \
    {                                                                                              \
        return NOTED(int, NEXT(name)(path, mode), result >= 0, AT_FDCWD, path, 0);                 \
    }
CREAT(creat)
CREAT(creat64)

/* What programs call that were compiled with _FORTIFY_SOURCE; glibc's alone. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int directory, const char *path, int flags);
int __openat64_2(int directory, const char *path, int flags);

#define OPEN_2(name)                                                                               \
    EXPORT int name(const char *path, int flags)                                                   \
    {                                                                                              \
        if (!NAMES(flags))                                                                         \
            return NEXT(name)(path, flags);                                                        \
        return NOTED(int, NEXT(name)(path, flags), result >= 0, AT_FDCWD, path, 0);                \
    }
OPEN_2(__open_2)
OPEN_2(__open64_2)

#define OPENAT_2(name)                                                                             \
    EXPORT int name(int directory, const char *path, int flags)                                    \
    {                                                                                              \
        if (!NAMES(flags))                                                                         \
            return NEXT(name)(directory, path, flags);                                             \
        return NOTED(int, NEXT(name)(directory, path, flags), result >= 0, directory, path, 0);    \
    }
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

/* ---- stdio ---- */

static bool mode_writes(const char *mode)
{
    for (; mode != NULL && *mode != 0 && *mode != ','; mode++) {
        if (*mode == 'w' || *mode == 'a' || *mode == '+')
            return true;
    }
    return false;
}

#define FOPEN(name)                                                                                \
    EXPORT FILE *name(const char *path, const char *mode)                                          \
    {                                                                                              \
        if (!mode_writes(mode))                                                                    \
            return NEXT(name)(path, mode);                                                         \
        return NOTED(FILE *, NEXT(name)(path, mode), result != NULL, AT_FDCWD, path, 0);           \
    }
FOPEN(fopen)
FOPEN(fopen64)

#define FREOPEN(name)                                                                              \
    EXPORT FILE *name(const char *path, const char *mode, FILE *stream)                            \
    {                                                                                              \
        if (path == NULL || !mode_writes(mode))                                                    \
            return NEXT(name)(path, mode, stream);                                                 \
        return NOTED(FILE *, NEXT(name)(path, mode, stream), result != NULL, AT_FDCWD, path, 0);   \
    }
FREOPEN(freopen)
FREOPEN(freopen64)

/* ---- names of their own choice: never there before ---- */

#define CHOSEN(type, call, ok, template)                                                           \
    ({                                                                                             \
        struct note_section section_ = {                                                           \
            .wanted = notes_are_kept(), .created = true, .held = checkpoint_hold()};               \
        type result = call;                                                                        \
        if (section_.wanted)                                                                       \
            note_end(&section_, ok, AT_FDCWD, template, 0);                                        \
        else                                                                                       \
            checkpoint_unhold(section_.held);                                                      \
        result;                                                                                    \
    })

#define MKSTEMP(name)                                                                              \
    EXPORT int name(char *template)                                                                \
    {                                                                                              \
        return CHOSEN(int, NEXT(name)(template), result >= 0, template);                           \
    }
MKSTEMP(mkstemp)
MKSTEMP(mkstemp64)

#define MKSTEMP_NUMBER(name)                                                                       \
    EXPORT int name(char *template, int number)                                                    \
    {                                                                                              \
        return CHOSEN(int, NEXT(name)(template, number), result >= 0, template);                   \
    }
MKSTEMP_NUMBER(mkostemp)
MKSTEMP_NUMBER(mkostemp64)
MKSTEMP_NUMBER(mkstemps)
MKSTEMP_NUMBER(mkstemps64)

#define MKSTEMP_NUMBERS(name)                                                                      \
    EXPORT int name(char *template, int suffix, int flags)                                         \
    {                                                                                              \
        return CHOSEN(int, NEXT(name)(template, suffix, flags), result >= 0, template);            \
    }
MKSTEMP_NUMBERS(mkostemps)
MKSTEMP_NUMBERS(mkostemps64)

EXPORT char *mkdtemp(char *template)
{
    return CHOSEN(char *, NEXT(mkdtemp)(template), result != NULL, template);
}

/* ---- other things with names ---- */

EXPORT int mkdir(const char *path, mode_t mode)
{
    return NOTED(int, NEXT(mkdir)(path, mode), result == 0, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
}

EXPORT int mkdirat(int directory, const char *path, mode_t mode)
{
    return NOTED(int, NEXT(mkdirat)(directory, path, mode), result == 0, directory, path,
                 AT_SYMLINK_NOFOLLOW);
}

EXPORT int mkfifo(const char *path, mode_t mode)
{
    return NOTED(int, NEXT(mkfifo)(path, mode), result == 0, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
}

EXPORT int mkfifoat(int directory, const char *path, mode_t mode)
{
    return NOTED(int, NEXT(mkfifoat)(directory, path, mode), result == 0, directory, path,
                 AT_SYMLINK_NOFOLLOW);
}

EXPORT int symlink(const char *target, const char *path)
{
    return NOTED(int, NEXT(symlink)(target, path), result == 0, AT_FDCWD, path,
                 AT_SYMLINK_NOFOLLOW);
}

EXPORT int symlinkat(const char *target, int directory, const char *path)
{
    return NOTED(int, NEXT(symlinkat)(target, directory, path), result == 0, directory, path,
                 AT_SYMLINK_NOFOLLOW);
}

EXPORT int link(const char *from, const char *path)
{
    return NOTED(int, NEXT(link)(from, path), result == 0, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
}

EXPORT int linkat(int from_directory, const char *from, int directory, const char *path, int flags)
{
    return NOTED(int, NEXT(linkat)(from_directory, from, directory, path, flags), result == 0,
                 directory, path, AT_SYMLINK_NOFOLLOW);
}

#define TRUNCATE(name, offset)                                                                     \
    EXPORT int name(const char *path, offset length)                                               \
    {                                                                                              \
        return NOTED(int, NEXT(name)(path, length), result == 0, AT_FDCWD, path, 0);               \
    }
TRUNCATE(truncate, off_t)
TRUNCATE(truncate64, off64_t)

/* ---- names that go ---- */

EXPORT int unlink(const char *path)
{
    note_removal(AT_FDCWD, path);
    return NEXT(unlink)(path);
}

EXPORT int unlinkat(int directory, const char *path, int flags)
{
    note_removal(directory, path);
    return NEXT(unlinkat)(directory, path, flags);
}

EXPORT int rmdir(const char *path)
{
    note_removal(AT_FDCWD, path);
    return NEXT(rmdir)(path);
}

EXPORT int remove(const char *path)
{
    note_removal(AT_FDCWD, path);
    return NEXT(remove)(path);
}

#define RENAMED(call, from_directory, from, directory, path)                                       \
    ({                                                                                             \
        note_removal(directory, path); /* of what stands there */                                  \
        struct note_section section_ = note_rename_begin(from_directory, from);                    \
        int result = call;                                                                         \
        note_rename_end(&section_, result == 0, directory, path);                                  \
        result;                                                                                    \
    })

EXPORT int rename(const char *from, const char *path)
{
    return RENAMED(NEXT(rename)(from, path), AT_FDCWD, from, AT_FDCWD, path);
}

EXPORT int renameat(int from_directory, const char *from, int directory, const char *path)
{
    return RENAMED(NEXT(renameat)(from_directory, from, directory, path), from_directory, from,
                   directory, path);
}

EXPORT int renameat2(int from_directory, const char *from, int directory, const char *path,
                     unsigned flags)
{
    return RENAMED(NEXT(renameat2)(from_directory, from, directory, path, flags), from_directory,
                   from, directory, path);
}

/* ---- shared memory and semaphores ---- */

#define MEMORY      "/dev/shm/"
#define MEMORY_NAME 300

static void memory_name(char ret[MEMORY_NAME], const char *prefix, const char *name)
{
    while (*name == '/')
        name++;
    ret[0] = 0;
    text_append(ret, MEMORY_NAME, MEMORY);
    text_append(ret, MEMORY_NAME, prefix);
    text_append(ret, MEMORY_NAME, name);
}

EXPORT int shm_open(const char *name, int flags, mode_t mode)
{
    char path[MEMORY_NAME];

    if (!NAMES(flags) || name == NULL)
        return NEXT(shm_open)(name, flags, mode);
    memory_name(path, "", name);
    return NOTED(int, NEXT(shm_open)(name, flags, mode), result >= 0, AT_FDCWD, path, 0);
}

/* Made under a passing name, and then linked to the lasting one. */
EXPORT sem_t *sem_open(const char *name, int flags, ...)
{
    char path[MEMORY_NAME];
    va_list arguments;

    if ((flags & O_CREAT) == 0)
        return NEXT(sem_open)(name, flags);
    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    unsigned value = va_arg(arguments, unsigned);
    va_end(arguments);
    memory_name(path, REAL(gnu_get_libc_version) != NULL ? "sem." : "", name);
    return NOTED(sem_t *, NEXT(sem_open)(name, flags, mode, value), result != SEM_FAILED, AT_FDCWD,
                 path, 0);
}
