/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * random_files SEED COUNT: COUNT random operations on up to 200 files below the working directory, about one a
 * millisecond. It remembers what every name must be and looks at one of them before each operation, at all of them at
 * the end. Then it prints a sum over all it has done and seen, which depends on nothing but the seed and the count. */
#include "random_files.h"

/* ---- operations ---- */

static int any_name(char type)
{
    int at = (int)rnd(NAMES);

    for (int i = 0; i < NAMES; i++, at = (at + 1) % NAMES) {
        if (names[at].file >= 0 && (type == 0 || files[names[at].file].type == type))
            return at;
    }
    return -1;
}

static int any_folder(void)
{
    int at = (int)rnd(FOLDERS + 1);

    return at == FOLDERS || folders[at] ? at : FOLDERS;
}

/* A name that nothing has; -1: all are taken. */
static int new_name(void)
{
    for (int i = 0; i < NAMES; i++) {
        if (names[i].file < 0) {
            names[i] = (struct name){-1, any_folder(), i};
            return i;
        }
    }
    return -1;
}

static int new_file(char type)
{
    for (int i = 0; i < NAMES; i++) {
        if (files[i].names == 0) {
            files[i] = (struct file){.names = 1, .type = type};
            return i;
        }
    }
    fail("no room");
}

static size_t random_bytes(size_t most)
{
    size_t size = 1 + rnd((unsigned)most);

    for (size_t i = 0; i < size; i++)
        buffer[i] = (char)rnd(256);
    return size;
}

static void name_drop(int name)
{
    int file = names[name].file;

    names[name].file = -1;
    if (--files[file].names == 0) {
        for (int i = 0; i < OPEN; i++) {
            if (open_file[i] == file) {
                close(open_fd[i]);
                open_file[i] = -1;
            }
            if (mapped_file[i] == file) {
                munmap(mapped[i], mapped_size[i]);
                mapped_file[i] = -1;
            }
        }
    }
}

static void remember_others(int file)
{
    for (int i = 0; i < NAMES; i++) {
        if (names[i].file == file) {
            remember(i);
            return;
        }
    }
}

static void do_create(void)
{
    int name = new_name(), fd;

    if (name < 0)
        return;
    names[name].file = new_file('f');
    fd = MUST(open(path_of(&names[name]), O_WRONLY | O_CREAT | O_EXCL, 0600 | rnd(0100)));
    size_t size = random_bytes(rnd(20) == 0 ? SIZE_MAX_ : 3000);
    CHECK(write(fd, buffer, size) == (ssize_t)size, "write");
    close(fd);
    remember(name);
}

static void do_write(bool append)
{
    int name = any_name('f');

    if (name < 0 || files[names[name].file].size > SIZE_MAX_)
        return;
    const char *path = path_of(&names[name]);
    int fd = open(path, O_WRONLY | (append ? O_APPEND : 0));
    if (fd < 0)
        return;
    off_t at = append ? 0 : (off_t)rnd((unsigned)files[names[name].file].size + 1);
    size_t size = random_bytes(2000);
    CHECK(pwrite(fd, buffer, size, at) == (ssize_t)size, "pwrite");
    close(fd);
    remember(name);
}

/* Through a descriptor that stays open for long. */
static void do_write_open(void)
{
    int slot = (int)rnd(OPEN), name = any_name('f');

    if (open_file[slot] < 0) {
        if (name < 0 || (open_fd[slot] = open(path_of(&names[name]), O_WRONLY | O_APPEND)) < 0)
            return;
        open_file[slot] = names[name].file;
    }
    if (files[open_file[slot]].size > SIZE_MAX_)
        return;
    size_t size = random_bytes(500);
    CHECK(write(open_fd[slot], buffer, size) == (ssize_t)size, "write");
    remember_others(open_file[slot]);
}

static void do_map(void)
{
    int name = any_name('f');
    size_t size = name < 0 ? 0 : (size_t)files[names[name].file].size;
    int fd = size == 0 ? -1 : open(path_of(&names[name]), O_RDWR);

    if (fd < 0)
        return;
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(at != MAP_FAILED, "mmap");
    for (int i = 0; i < 20; i++)
        at[rnd((unsigned)size)] = (char)rnd(256);
    msync(at, size, MS_SYNC);
    munmap(at, size);
    close(fd);
    remember(name);
}

/* Through a mapping that stays for long; by now the file may be another size, and have another name. */
static void do_map_held(void)
{
    int slot = (int)rnd(OPEN), name = any_name('f');

    if (mapped_file[slot] < 0) {
        size_t size = name < 0 ? 0 : (size_t)files[names[name].file].size;
        int fd = size == 0 ? -1 : open(path_of(&names[name]), O_RDWR);
        if (fd < 0)
            return;
        mapped[slot] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        CHECK(mapped[slot] != MAP_FAILED, "mmap");
        mapped_file[slot] = names[name].file;
        mapped_size[slot] = size;
        close(fd);
    }
    size_t size = (size_t)files[mapped_file[slot]].size;
    if (size > mapped_size[slot])
        size = mapped_size[slot];
    for (int i = 0; size > 0 && i < 20; i++)
        mapped[slot][rnd((unsigned)size)] = (char)rnd(256);
    remember_others(mapped_file[slot]);
}

static void do_truncate(void)
{
    int name = any_name('f');

    if (name >= 0 && truncate(path_of(&names[name]), rnd(SIZE_MAX_ / (1 + rnd(50)))) == 0)
        remember(name);
}

static void do_rename(void)
{
    int from = any_name(0), to = rnd(3) == 0 ? any_name(0) : new_name();

    if (from < 0 || to < 0 || from == to || names[to].file == names[from].file)
        return;
    MUST(rename(path_of(&names[from]), path_of(&names[to])));
    int file = names[from].file;
    if (names[to].file >= 0)
        name_drop(to);
    names[to].file = file;
    names[from].file = -1;
    remember(to);
}

static void do_link(void)
{
    int from = any_name('f'), to = new_name();

    if (from < 0 || to < 0)
        return;
    MUST(link(path_of(&names[from]), path_of(&names[to])));
    names[to].file = names[from].file;
    files[names[to].file].names++;
    remember(to);
}

static void do_unlink(void)
{
    int name = any_name(0);

    if (name < 0)
        return;
    MUST(unlink(path_of(&names[name])));
    name_drop(name);
}

static void do_symlink(void)
{
    int name = new_name();
    char target[64];

    if (name < 0)
        return;
    snprintf(target, sizeof(target), "target-%u", rnd(1000));
    MUST(symlink(target, path_of(&names[name])));
    names[name].file = new_file('l');
    remember(name);
}

static void do_folder(void)
{
    int folder = (int)rnd(FOLDERS), other = (int)rnd(FOLDERS);
    char path[32], to[32];

    snprintf(path, sizeof(path), "w/d%d", folder);
    snprintf(to, sizeof(to), "w/d%d", other);
    if (!folders[folder]) {
        folder_modes[folder] = 0700 | rnd(0100);
        MUST(mkdir(path, folder_modes[folder]));
        folders[folder] = true;
    } else if (rnd(3) == 0) {
        folder_modes[folder] = 0700 | rnd(0100);
        MUST(chmod(path, folder_modes[folder]));
    } else if (rmdir(path) == 0) {
        folders[folder] = false;
    } else if (!folders[other]) {
        MUST(rename(path, to));
        folders[folder] = false;
        folders[other] = true;
        folder_modes[other] = folder_modes[folder];
        for (int i = 0; i < NAMES; i++) {
            if (names[i].file >= 0 && names[i].folder == folder)
                names[i].folder = other;
        }
    }
}

static void do_attributes(void)
{
    int name = any_name('f');
    struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT},
        {.tv_sec = 1000000000 + rnd(100000000), .tv_nsec = rnd(1000000000)}};
    char value[16];

    if (name < 0)
        return;
    switch (rnd(3)) {
    case 0:
        MUST(chmod(path_of(&names[name]), 0400 | rnd(01000)));
        break;
    case 1:
        MUST(utimensat(AT_FDCWD, path_of(&names[name]), times, 0));
        break;
    default:
        snprintf(value, sizeof(value), "%u", 1 + rnd(1000));
        if (has_xattrs && access(path_of(&names[name]), W_OK) == 0)
            MUST(setxattr(path_of(&names[name]), "user.extra", value, strlen(value), 0));
    }
    remember(name);
}

static void operation(void)
{
    int name = any_name(0);

    if (name >= 0)
        check_name(name);
    unsigned kind = rnd(16);
    sum = hash(sum, &kind, sizeof(kind));
    switch (kind) {
    case 0:
    case 1:
    case 2:
        return do_create();
    case 3:
    case 4:
        return do_write(true);
    case 5:
        return do_write(false);
    case 6:
    case 7:
        return do_write_open();
    case 8:
        return rnd(2) != 0 ? do_map() : do_map_held();
    case 9:
        return do_truncate();
    case 10:
        return do_rename();
    case 11:
        return do_link();
    case 12:
        return rnd(2) != 0 ? do_unlink() : do_symlink();
    case 13:
        return do_unlink();
    case 14:
        return do_folder();
    default:
        return do_attributes();
    }
}

int main(int argc, char **argv)
{
    struct timespec pace = {.tv_nsec = 1000000};

    CHECK(argc == 3, "usage: random_files SEED COUNT");
    state = strtoull(argv[1], NULL, 10) * 2654435761u + 1;
    for (int i = 0; i < NAMES; i++)
        names[i].file = -1;
    for (int i = 0; i < OPEN; i++)
        open_file[i] = mapped_file[i] = -1;
    umask(0);
    MUST(mkdir("w", 0755));
    has_xattrs = setxattr("w", "user.extra", "1", 1, 0) == 0;
    long operations = strtol(argv[2], NULL, 10);
    for (long i = 0; i < operations; i++) {
        operation();
        nanosleep(&pace, NULL);
    }
    check_all();
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
