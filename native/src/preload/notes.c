/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Noting names. A name is written as the kernel knows it, without links and dots, which the link in /proc/self/fd of a
 * descriptor for it tells. What has been noted is remembered in a small table, which a child of fork inherits and an
 * image holds: a name that falls out of it is noted twice, which does no harm. Stacks may be small: what is large is
 * mapped for the moment. */
#include "preload/notes.h"

#include "preload/exec_environment.h"
#include "preload/kept.h"
#include "preload/pages.h"
#include "preload/preload.h"
#include "preload/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define PATH_SIZE   4096
#define START_SIZE  512 /* a longer working directory is looked at each time */
#define REMEMBERED  512 /* a power of two */
#define UNCACHEABLE 2UL

struct note_paths {
    char old[PATH_SIZE], new[PATH_SIZE];
    char record[2 * PATH_SIZE + 4];
};

static const char *file;      /* where notes go; NULL: nowhere */
static struct kept store;     /* the directory it lies in, with a slash behind */
static struct kept dedicated; /* needs no notes, with a slash behind */

SELDOM static unsigned long remembered[REMEMBERED];

static void file_find(void)
{
    char directory[PATH_SIZE];
    const char *named = exec_environment_value(TREE_NOTES);
    size_t length = named == NULL ? 0 : text_length(named);

    if (length == 0 || length >= PATH_SIZE || named[0] != '/')
        return;
    while (named[length - 1] != '/')
        length--;
    memcpy(directory, named, length);
    directory[length] = 0;
    kept_set(&store, directory, "", "");
    file = named;
}

void notes_init(void)
{
    const char *named = exec_environment_value(TREE_DEDICATED);

    file_find();
    if (notes_are_kept() && named != NULL && named[0] != 0)
        kept_set(&dedicated, named, "/", "");
}

void notes_move(void)
{
    if (notes_are_kept())
        file_find();
}

bool notes_are_kept(void)
{
    return file != NULL;
}

int notes_store_open(void)
{
    if (!notes_are_kept())
        return -ENOENT;
    return (int)raw4(SYS_openat, AT_FDCWD, notes_store(), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

const char *notes_store(void)
{
    return kept_text(&store);
}

/* ---- names ---- */

/* What the descriptor's link says; false when that is no path, or too long. */
static bool path_of(int fd, char *ret, long size)
{
    char link[64] = "/proc/self/fd/";

    text_append_number(link, sizeof(link), (unsigned long)fd);
    long length = raw4(SYS_readlinkat, AT_FDCWD, link, ret, size - 1);
    if (length <= 0 || length == size - 1 || ret[0] != '/')
        return false;
    ret[length] = 0;
    return true;
}

static bool path_resolve(int directory, const char *path, int flags, char *ret)
{
    int open = O_PATH | O_CLOEXEC | ((flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0);
    long fd = raw4(SYS_openat, directory, path, open, 0);
    bool found = fd >= 0 && path_of((int)fd, ret, PATH_SIZE);

    if (fd >= 0)
        raw1(SYS_close, fd);
    return found;
}

static bool is_of_interest(const char *path)
{
    if (text_after(path, "/proc/") != NULL || text_after(path, "/sys/") != NULL)
        return false;
    if (text_after(path, "/dev/") != NULL && text_after(path, "/dev/shm/") == NULL)
        return false;
    if (text_after(path, notes_store()) != NULL)
        return false;
    return dedicated.text == NULL || text_after(path, dedicated.text) == NULL;
}

static unsigned long key_add(unsigned long key, const char *text)
{
    for (; *text != 0; text++)
        key = (key ^ (unsigned char)*text) * 1099511628211UL;
    return key;
}

static void paths_free(struct note_paths *paths)
{
    if (paths != NULL)
        raw2(SYS_munmap, paths, sizeof(*paths));
}

/* Of the name as it is given: where it begins, and the rest. 0: it cannot be of interest. */
static unsigned long key_of(int directory, const char *path)
{
    char start[START_SIZE];
    unsigned long key = 14695981039346656037UL;

    if (path[0] == '/') {
        key = key_add(key, path);
        return is_of_interest(path) ? key | 1 : 0;
    }
    if (directory == AT_FDCWD ? raw2(SYS_getcwd, start, sizeof(start)) <= 0
                              : !path_of(directory, start, sizeof(start)))
        return UNCACHEABLE;
    return key_add(key_add(key_add(key, start), "/"), path) | 1;
}

static bool is_remembered(unsigned long key)
{
    return __atomic_load_n(&remembered[key / 2 % REMEMBERED], __ATOMIC_RELAXED) == key;
}

static void remember(unsigned long key)
{
    if (key == UNCACHEABLE)
        return;
    __atomic_store_n(&remembered[key / 2 % REMEMBERED], key, __ATOMIC_RELAXED);
}

/* ---- notes ---- */

static void append(const char *text, size_t size)
{
    long fd = raw4(SYS_openat, AT_FDCWD, file, O_WRONLY | O_APPEND | O_CLOEXEC, 0);

    if (fd == -ENOENT) /* whoever has something to note first makes it; notes_keep() */
        fd = raw4(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return; /* the store is gone, and with it all there is to come back to */
    raw3(SYS_write, fd, text, size);
    raw1(SYS_close, fd);
}

static size_t record_add(char *to, size_t at, char what, const char *path)
{
    size_t length = text_length(path);

    to[at] = what;
    memcpy(to + at + 1, path, length + 1);
    return at + length + 2;
}

/* The name, if it can be found. */
static void note(char what, int directory, const char *path, int flags)
{
    struct note_paths *paths = pages_new(sizeof(struct note_paths));

    if (paths != NULL && path_resolve(directory, path, flags, paths->new) &&
        is_of_interest(paths->new))
        append(paths->record, record_add(paths->record, 0, what, paths->new));
    paths_free(paths);
}

/* Whether there is such a file, and of a kind that is noted. */
static bool is_there(int directory, const char *path, int flags, bool *ret_regular)
{
    struct stat status;

    if (raw4(SYS_newfstatat, directory, path, &status, flags) < 0)
        return false;
    *ret_regular = S_ISREG(status.st_mode);
    return true;
}

struct note_section note_begin(int directory, const char *path)
{
    struct note_section section = {0};
    bool is_regular = false;

    if (!notes_are_kept() || path == NULL || path[0] == 0)
        return section;
    section.key = key_of(directory, path);
    if (section.key == 0 || is_remembered(section.key))
        return section;
    section.created = !is_there(directory, path, 0, &is_regular);
    if (!section.created && !is_regular) /* to open a FIFO may take for ever */
        return section;
    section.wanted = true;
    section.held = checkpoint_hold();
    return section;
}

void note_end(struct note_section *section, bool succeeded, int directory, const char *path,
              int flags)
{
    if (!section->wanted)
        return;
    if (succeeded) {
        note(section->created ? 'C' : 'W', directory, path, flags);
        remember(section->key != 0 ? section->key : key_of(directory, path));
    }
    checkpoint_unhold(section->held);
}

void note_removal(int directory, const char *path)
{
    unsigned long key;

    if (!notes_are_kept() || path == NULL || path[0] == 0)
        return;
    key = key_of(directory, path);
    if (key == 0 || is_remembered(key))
        return;
    note('W', directory, path, AT_SYMLINK_NOFOLLOW);
    remember(key);
}

struct note_section note_rename_begin(int directory, const char *path)
{
    struct note_section section = {0};

    if (!notes_are_kept() || path == NULL ||
        (section.paths = pages_new(sizeof(struct note_paths))) == NULL)
        return section;
    section.held = checkpoint_hold();
    section.wanted = path_resolve(directory, path, AT_SYMLINK_NOFOLLOW, section.paths->old);
    return section;
}

/* Both or none, in one record. */
void note_rename_end(struct note_section *section, bool succeeded, int directory, const char *path)
{
    struct note_paths *paths = section->paths;

    if (section->wanted && succeeded &&
        path_resolve(directory, path, AT_SYMLINK_NOFOLLOW, paths->new) &&
        (is_of_interest(paths->old) || is_of_interest(paths->new))) {
        size_t size = record_add(paths->record, 0, 'W', paths->old);
        append(paths->record, record_add(paths->record, size, 'R', paths->new));
    }
    checkpoint_unhold(section->held);
    paths_free(paths);
}
