/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The generations of a store: which there are, making one and making it last, removing old ones.
 *
 * Invariant: a directory with a manifest is a whole generation, synced. Making ends with the
 * manifest, removing begins with it, so a crash in between leaves a directory without one, which
 * nobody reads and pruning removes. Numbers are not used twice, so that "generation 3" in a log
 * stays what it was: generations/.last keeps the highest. */
#include "store/generation.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/parse.h"
#include "store/manifest_name.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define GENERATIONS    "generations"
#define LAST_NAME      ".last"
#define GENERATION_MAX 999999999

struct numbers {
    unsigned *items;
    size_t count;
};

/* "generations/000001" */
#define GENERATION_PATH_SIZE 32
static void generation_path(unsigned number, char ret_path[GENERATION_PATH_SIZE])
{
    snprintf(ret_path, GENERATION_PATH_SIZE, GENERATIONS "/%06u", number);
}

/* "000012", as generation_path() writes it; 0 for any other name. */
static unsigned number_from_name(const char *name)
{
    char path[GENERATION_PATH_SIZE];
    uint64_t number;

    if (parse_unsigned(name, GENERATION_MAX, &number) < 0)
        return 0;
    generation_path((unsigned)number, path);
    return strcmp(path + strlen(GENERATIONS "/"), name) == 0 ? (unsigned)number : 0;
}

static int compare(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return (x > y) - (x < y);
}

/* Every generation's number, complete or not, ascending. */
static int list_all(struct store *store, struct numbers *ret, struct ckpt_error *err)
{
    cleanup_free unsigned *items = NULL;
    cleanup_dir DIR *dir = NULL;
    struct dirent *entry;
    size_t count = 0;
    int fd;

    *ret = (struct numbers){0};
    fd = openat(store->dirfd, GENERATIONS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || !(dir = fdopendir(fd))) {
        int r = ckpt_error_errno(err, "open '%s/" GENERATIONS "'", store->path);

        if (fd >= 0)
            close(fd);
        return r;
    }
    directory_refresh(fd);
    while ((entry = readdir(dir))) {
        unsigned number = number_from_name(entry->d_name);
        unsigned *grown;

        if (number == 0)
            continue;
        grown = reallocarray(items, count + 1, sizeof(*items));
        if (!grown)
            return ckpt_error_set(err, ENOMEM, "list generations: out of memory");
        items = grown;
        items[count++] = number;
    }
    if (count)
        qsort(items, count, sizeof(*items), compare);
    *ret = (struct numbers){items, count};
    items = NULL;
    return 0;
}

static bool is_complete(struct store *store, unsigned number)
{
    char path[GENERATION_PATH_SIZE];
    cleanup_fd int fd = -1;

    generation_path(number, path);
    fd = openat(store->dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    directory_refresh(fd);
    return faccessat(fd, MANIFEST_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int generation_list(struct store *store, unsigned **ret_numbers, size_t *ret_count,
                    struct ckpt_error *err)
{
    struct numbers all;
    size_t complete = 0;
    int r = list_all(store, &all, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < all.count; i++) {
        if (is_complete(store, all.items[i]))
            all.items[complete++] = all.items[i];
    }
    if (complete == 0) {
        free(all.items);
        all.items = NULL;
    }
    *ret_numbers = all.items;
    *ret_count = complete;
    return 0;
}

int generation_latest(struct store *store, unsigned *ret_number, struct ckpt_error *err)
{
    cleanup_free unsigned *numbers = NULL;
    size_t count = 0;
    int r = generation_list(store, &numbers, &count, err);

    if (r < 0)
        return r;
    if (count == 0)
        return ckpt_error_set(err, ENOENT, "no generation in '%s'", store->path);
    *ret_number = numbers[count - 1];
    return 0;
}

bool generation_exists(struct store *store)
{
    unsigned number;

    return generation_latest(store, &number, NULL) == 0;
}

int generation_open(struct store *store, unsigned number, int *ret_dirfd, struct ckpt_error *err)
{
    char path[GENERATION_PATH_SIZE];
    int fd;

    generation_path(number, path);
    fd = openat(store->dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return ckpt_error_set(err, ENOENT, "no generation %u in '%s'", number, store->path);
    if (fd < 0)
        return ckpt_error_errno(err, "open '%s/%s'", store->path, path);
    *ret_dirfd = fd;
    return 0;
}

/* The highest number that .last remembers, 0 when it is not there or makes no sense: it only
 * ever adds to what the directories say. */
static unsigned read_last(struct store *store)
{
    cleanup_free char *text = NULL;
    uint64_t number;

    if (read_file_at(store->dirfd, GENERATIONS "/" LAST_NAME, 64, &text, NULL) < 0)
        return 0;
    text[strcspn(text, "\n")] = '\0';
    return parse_unsigned(text, GENERATION_MAX, &number) < 0 ? 0 : (unsigned)number;
}

static int write_last(struct store *store, unsigned number)
{
    cleanup_fd int fd =
        openat(store->dirfd, GENERATIONS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    char text[16];
    int length = snprintf(text, sizeof(text), "%u\n", number);

    if (fd < 0)
        return -errno;
    return write_file_atomic_at(fd, LAST_NAME, text, (size_t)length, false);
}

int generation_begin(struct store *store, unsigned *ret_number, int *ret_dirfd,
                     struct ckpt_error *err)
{
    struct numbers all;
    unsigned number = read_last(store);
    char path[GENERATION_PATH_SIZE];
    int r;

    if (mkdirat(store->dirfd, GENERATIONS, 0700) < 0 && errno != EEXIST)
        return ckpt_error_errno(err, "make '%s/" GENERATIONS "'", store->path);
    r = list_all(store, &all, err);
    if (r < 0)
        return r;
    if (all.count && all.items[all.count - 1] > number)
        number = all.items[all.count - 1];
    free(all.items);
    if (number >= GENERATION_MAX)
        return ckpt_error_set(err, ERANGE, "'%s' has had too many generations", store->path);
    number++;
    generation_path(number, path);
    if (mkdirat(store->dirfd, path, 0700) < 0)
        return ckpt_error_errno(err, "make '%s/%s'", store->path, path);
    if (write_last(store, number) < 0) {
        r = ckpt_error_errno(err, "write '%s/" GENERATIONS "/" LAST_NAME "'", store->path);
        unlinkat(store->dirfd, path, AT_REMOVEDIR);
        return r;
    }
    r = generation_open(store, number, ret_dirfd, err);
    if (r < 0)
        return r;
    *ret_number = number;
    return 0;
}

static int remove_generation(struct store *store, unsigned number, struct ckpt_error *err)
{
    char path[GENERATION_PATH_SIZE];
    cleanup_fd int dirfd = -1;

    generation_path(number, path);
    if (generation_open(store, number, &dirfd, NULL) == 0)
        unlinkat(dirfd, MANIFEST_NAME, 0);
    if (remove_tree_at(store->dirfd, path) < 0)
        return ckpt_error_errno(err, "remove '%s/%s'", store->path, path);
    return 0;
}

void generation_abandon(struct store *store, unsigned number)
{
    remove_generation(store, number, NULL);
}

int generation_prune(struct store *store, unsigned keep, struct ckpt_error *err)
{
    cleanup_free unsigned *complete = NULL;
    struct numbers all;
    size_t count = 0;
    unsigned oldest, latest;
    int r = generation_list(store, &complete, &count, err), result = 0;

    if (r < 0 || count == 0)
        return r;
    latest = complete[count - 1];
    oldest = complete[keep < count ? count - (keep ? keep : 1) : 0];
    r = list_all(store, &all, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < all.count && all.items[i] < latest; i++) {
        if (all.items[i] >= oldest && is_complete(store, all.items[i]))
            continue;
        r = remove_generation(store, all.items[i], err);
        if (r < 0)
            result = r;
    }
    free(all.items);
    return result;
}

int generation_remove_all(struct store *store, struct ckpt_error *err)
{
    struct numbers all;
    int result = 0, r = list_all(store, &all, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < all.count; i++) {
        r = remove_generation(store, all.items[i], err);
        if (r < 0)
            result = r;
    }
    free(all.items);
    return result;
}
