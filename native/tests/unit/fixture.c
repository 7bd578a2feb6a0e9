/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A store with generations as a supervisor writes them. */
#include "fixture.h"
#include "unit.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "store/checksum.h"

#include <fcntl.h>

struct store *fixture_store(void)
{
    struct ckpt_error err;
    struct store *store;

    if (store_create("store", &store, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    return store;
}

static void add_file(struct manifest *manifest, int dirfd, const char *name, const char *text)
{
    CHECK_INT(write_file_atomic_at(dirfd, name, text, strlen(text), false), 0);
    CHECK_INT(manifest_add_file(manifest, name, strlen(text), checksum_bytes(text, strlen(text))),
              0);
}

unsigned fixture_generation(struct store *store)
{
    cleanup_fd int dirfd = -1;
    struct manifest manifest;
    struct ckpt_error err;
    unsigned number;

    CHECK_INT(generation_begin(store, &number, &dirfd, &err), 0);
    CHECK_INT(manifest_init(&manifest, MANIFEST_PERIODIC, "/data/dir", &err), 0);
    add_file(&manifest, dirfd, "tree.img", "the tree");
    add_file(&manifest, dirfd, "12.img", "one process");
    add_file(&manifest, dirfd, "12.mem", "its pages, rather short ones");
    CHECK_INT(manifest_add_process(&manifest, 12, "bwa", 4, 1048576), 0);
    manifest.run_seconds = 31.5;
    manifest.pause_seconds = 0.012;
    manifest.stdout_bytes = 1234;
    fixture_write(store, NOTES_NAME, FIXTURE_NOTES " and what came later");
    manifest.notes = (struct manifest_notes){strlen(FIXTURE_NOTES),
                                             checksum_bytes(FIXTURE_NOTES, strlen(FIXTURE_NOTES))};
    if (generation_commit(store, number, dirfd, &manifest, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    manifest_free(&manifest);
    return number;
}

void fixture_write(struct store *store, const char *path, const char *text)
{
    cleanup_fd int fd = openat(store->dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_INT(write_full(fd, text, strlen(text)), 0);
}

char *fixture_read(struct store *store, const char *path)
{
    char *text;

    if (read_file_at(store->dirfd, path, 1 << 20, &text, NULL) < 0)
        unit_fail(__FILE__, __LINE__, "read %s: %s", path, strerror(errno));
    return text;
}

void fixture_edit(struct store *store, const char *path, const char *from, const char *to)
{
    cleanup_free char *text = fixture_read(store, path), *edited = NULL;
    char *at = strstr(text, from);

    if (!at)
        unit_fail(__FILE__, __LINE__, "'%s' is not in %s", from, path);
    *at = '\0';
    CHECK(asprintf(&edited, "%s%s%s", text, to, at + strlen(from)) >= 0);
    fixture_write(store, path, edited);
}

bool fixture_exists(struct store *store, const char *path)
{
    return faccessat(store->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
