/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#include "places.h"
#include "unit.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "files/capture.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/stat.h>

void places_put(const char *path, const char *text)
{
    cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        unit_fail(__FILE__, __LINE__, "create %s: %s", path, strerror(errno));
    CHECK_INT(write_full(fd, text, strlen(text)), 0);
}

void places_check(const char *path, const char *text)
{
    cleanup_free char *found = NULL;

    if (read_file_at(AT_FDCWD, path, 1 << 20, &found, NULL) < 0)
        unit_fail(__FILE__, __LINE__, "read %s: %s", path, strerror(errno));
    CHECK_STRING(found, text);
}

bool places_exist(const char *path)
{
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int places_entries(const char *path)
{
    cleanup_dir DIR *dir = opendir(path);
    struct dirent *entry;
    int count = 0;

    CHECK(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        CHECK(strncmp(entry->d_name, ".ckpt-aside", 11) != 0);
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    return count;
}

void places_directories(const char *store)
{
    CHECK_INT(mkdir_p("old", 0755), 0);
    CHECK_INT(mkdir_p("new", 0755), 0);
    CHECK_INT(mkdir_p(store, 0700), 0);
}

/* The files of a directory as the next generation of ./generations has them. */
static struct files files;
static int generation; /* its directory */

void places_keep(const char *directory, const char *store, char *const *excludes, size_t count)
{
    static unsigned number;
    struct tree_image tree = {0};
    struct manifest manifest = {0};
    struct files_job job;
    struct ckpt_error err = {0};
    struct store fake = {.dirfd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    char name[64];

    if (number++ == 0)
        files = (struct files){.root = -1};
    files_close(&files);
    files = (struct files){.root = -1,
                           .dedicated = true,
                           .workdir = "/nowhere",
                           .excludes = excludes,
                           .exclude_count = count};
    do
        snprintf(name, sizeof(name), "generations/%u", number);
    while (places_exist(name) && number++ > 0);
    CHECK_INT(mkdir_p(name, 0700), 0);
    generation = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK_INT(files_open(&files, directory, store, &err), 0);
    if (files_capture(&files, &tree, &fake, number, generation, &job, &err) < 0 ||
        files_write(&job, &manifest, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    files_committed(&job, number);
    files_job_free(&job);
    manifest_free(&manifest);
    close(fake.dirfd);
}

int places_make(const char *from, const char *to, const char *store, struct place **ret,
                struct ckpt_error *err)
{
    struct notes notes = {0};
    struct rollback_lost lost = {0};
    struct place_spec spec = {.catalog = &files.last,
                              .contents = generation,
                              .from = from,
                              .to = to,
                              .excludes = files.excludes,
                              .exclude_count = files.exclude_count,
                              .store = store,
                              .notes = &notes,
                              .workdir = "/nowhere"};

    return place_make(&spec, ret, &lost, err);
}

void places_forget(void)
{
    files_close(&files);
    close(generation);
}

void places_lose(const char *path)
{
    for (size_t i = 0; i < files.last.count; i++) {
        if (strcmp(files.last.entries[i].path, path) == 0)
            CHECK_INT(unlinkat(generation, files.last.entries[i].content.name, 0), 0);
    }
}

static struct place *made_again(const char *store)
{
    struct place *place;
    struct ckpt_error err = {0};

    if (places_make("old", "new", store, &place, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    CHECK(place != NULL);
    return place;
}

struct place *places_made(const char *store, char *const *excludes, size_t count)
{
    places_keep("old", store, excludes, count);
    struct place *place = made_again(store);
    places_forget();
    return place;
}

void places_check_same(const char *name)
{
    char old[PATH_MAX], copy[PATH_MAX];
    struct stat a, b;

    snprintf(old, sizeof(old), "old/%s", name);
    snprintf(copy, sizeof(copy), "new/%s", name);
    CHECK_INT(lstat(old, &a), 0);
    CHECK_INT(lstat(copy, &b), 0);
    CHECK_INT(b.st_mode, a.st_mode);
    CHECK_INT(b.st_mtim.tv_sec, a.st_mtim.tv_sec);
    CHECK_INT(b.st_mtim.tv_nsec, a.st_mtim.tv_nsec);
    CHECK_INT(b.st_uid, a.st_uid);
    CHECK(S_ISDIR(a.st_mode) || b.st_size == a.st_size);
    CHECK(a.st_ino != b.st_ino);
}

void places_touch(const char *path, mode_t mode)
{
    static const struct timespec times[2] = {{1000000000, 123456789}, {1100000000, 987654321}};

    if (mode != 0)
        CHECK_INT(chmod(path, mode), 0);
    CHECK_INT(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

void places_become_ordinary(void)
{
    if (geteuid() != 0)
        return;
    CHECK_INT(chown(".", 65534, 65534), 0);
    CHECK_INT(setgid(65534), 0);
    CHECK_INT(setuid(65534), 0);
    prctl(PR_SET_DUMPABLE, 1); /* for the search for leaks */
}
