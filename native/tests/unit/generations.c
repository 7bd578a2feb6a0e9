/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Generations appear whole, in order, under numbers that are not used again, and are pruned from
 * the old end. */
#include "fixture.h"
#include "unit.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <sys/stat.h>

static void check_list(struct store *store, const char *expected)
{
    cleanup_free unsigned *numbers = NULL;
    struct ckpt_error err;
    char text[256] = "";
    size_t count = 0;

    CHECK_INT(generation_list(store, &numbers, &count, &err), 0);
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), i ? " %u" : "%u", numbers[i]);
    CHECK_STRING(text, expected);
}

TEST(generations_are_listed_in_order)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    unsigned number = 0;

    check_list(store, "");
    CHECK_INT(generation_latest(store, &number, &err), -ENOENT);
    for (unsigned i = 1; i <= 12; i++)
        CHECK_INT(fixture_generation(store), i);
    CHECK_INT(mkdirat(store->dirfd, "generations/13", 0700), 0);
    CHECK_INT(mkdirat(store->dirfd, "generations/0000x4", 0700), 0);
    CHECK_INT(mkdirat(store->dirfd, "generations/0000014", 0700), 0);
    CHECK_INT(mkdirat(store->dirfd, "generations/000020", 0700), 0); /* incomplete */
    check_list(store, "1 2 3 4 5 6 7 8 9 10 11 12");
    CHECK_INT(generation_latest(store, &number, &err), 0);
    CHECK_INT(number, 12);
    CHECK_INT(fixture_generation(store), 21);
    store_close(store);
}

TEST(numbers_are_not_used_again)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    unsigned number;
    int fd;

    CHECK_INT(fixture_generation(store), 1);
    CHECK_INT(generation_begin(store, &number, &fd, &err), 0);
    CHECK_INT(number, 2);
    fixture_write(store, "generations/000002/12.mem", "half");
    close(fd);
    check_list(store, "1");
    generation_abandon(store, 2);
    CHECK(!fixture_exists(store, "generations/000002"));
    CHECK_INT(fixture_generation(store), 3);
    CHECK_INT(generation_remove_all(store, &err), 0);
    check_list(store, "");
    CHECK(!fixture_exists(store, "generations/000001"));
    CHECK_INT(fixture_generation(store), 4);
    fixture_write(store, "generations/.last", "nonsense");
    CHECK_INT(fixture_generation(store), 5);
    store_close(store);
}

TEST(pruning_leaves_the_latest)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    unsigned number;
    int fd;

    CHECK_INT(generation_prune(store, 2, &err), 0);
    for (int i = 0; i < 3; i++)
        fixture_generation(store);
    CHECK_INT(generation_begin(store, &number, &fd, &err), 0); /* 4, left by a crash */
    close(fd);
    CHECK_INT(fixture_generation(store), 5);
    CHECK_INT(generation_begin(store, &number, &fd, &err), 0); /* 6, being written */
    close(fd);
    CHECK_INT(generation_prune(store, 9, &err), 0);
    check_list(store, "1 2 3 5");
    CHECK(!fixture_exists(store, "generations/000004"));
    CHECK(fixture_exists(store, "generations/000006"));
    CHECK_INT(generation_prune(store, 2, &err), 0);
    check_list(store, "3 5");
    CHECK_INT(generation_prune(store, 0, &err), 0);
    check_list(store, "5");
    CHECK(!fixture_exists(store, "generations/000003"));
    CHECK(fixture_exists(store, "generations/000006"));
    store_close(store);
}

TEST(commit_refuses_files_that_are_not_as_said)
{
    struct store *store = fixture_store();
    struct manifest manifest;
    struct ckpt_error err;
    unsigned number;
    int fd;

    CHECK_INT(generation_begin(store, &number, &fd, &err), 0);
    CHECK_INT(manifest_init(&manifest, MANIFEST_SIGNAL, "/w", &err), 0);
    CHECK_INT(manifest_add_file(&manifest, "tree.img", 5, 0), 0);
    CHECK_INT(generation_commit(store, number, fd, &manifest, &err), -ENOENT);
    CHECK_CONTAINS(err.message, "tree.img");
    fixture_write(store, "generations/000001/tree.img", "1234");
    CHECK_INT(generation_commit(store, number, fd, &manifest, &err), -EBADMSG);
    CHECK_CONTAINS(err.message, "tree.img has 4 bytes, 5 were written");
    check_list(store, "");
    manifest_free(&manifest);
    close(fd);
    store_close(store);
}

TEST(store_is_private)
{
    struct store *store = fixture_store();
    struct stat st;

    umask(0);
    fixture_generation(store);
    CHECK_INT(fstatat(store->dirfd, "generations/000001", &st, 0), 0);
    CHECK_INT(st.st_mode & 07777, 0700);
    CHECK_INT(fstatat(store->dirfd, "generations/000001/manifest.json", &st, 0), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_INT(fstat(store->dirfd, &st), 0);
    CHECK_INT(st.st_mode & 07777, 0700);
    store_close(store);
}
