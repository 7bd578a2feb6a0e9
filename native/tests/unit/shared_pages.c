/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#include "capture/shared_pages.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>

#define PAGES 3000 /* enough for several threads */

static char page[SHARED_PAGE];

static void object_write(int object, uint64_t number, char with)
{
    memset(page, with, sizeof(page));
    CHECK_INT(pwrite(object, page, sizeof(page), (off_t)(number * SHARED_PAGE)), sizeof(page));
}

/* Of one number for each page, so that no two are alike. */
static int object_make(void)
{
    int object = memfd_create("object", 0);

    CHECK(object >= 0);
    for (uint64_t i = 0; i < PAGES; i++) {
        object_write(object, i, 'a');
        CHECK_INT(pwrite(object, &i, sizeof(i), (off_t)(i * SHARED_PAGE)), sizeof(i));
    }
    return object;
}

static uint64_t extents_compare(int object, int file, const struct image_shared *shared)
{
    static char there[SHARED_PAGE];
    uint64_t sum = 0;

    for (size_t i = 0; i < shared->extent_count; i++) {
        const struct image_extent *extent = &shared->extents[i];
        for (uint64_t done = 0; done < extent->size; done += SHARED_PAGE) {
            uint64_t left = extent->size - done;
            size_t size = left < SHARED_PAGE ? (size_t)left : SHARED_PAGE;
            CHECK_INT(pread(object, page, size, (off_t)(extent->offset + done)), (ssize_t)size);
            CHECK_INT(pread(file, there, size, (off_t)(extent->at + done)), (ssize_t)size);
            CHECK(memcmp(page, there, size) == 0);
        }
        sum += extent->size;
    }
    return sum;
}

TEST(shared_pages_write_only_what_has_changed)
{
    int object = object_make();
    int out = open("pages", O_RDWR | O_CREAT, 0600);
    struct shared_pages pages = {.out = out};
    struct shared_source source = {.object = object, .memory = -1};
    struct shared_stretch first[] = {{10, 100}, {200, 2500}}, all = {0, PAGES};
    struct image_shared shared = {.size = PAGES * SHARED_PAGE};
    char sign[8] = "no sign";

    CHECK_INT(shared_pages_copy(&pages, &source, first, 2, true, NULL), 0);
    CHECK_INT(pages.slot_count, 90 + 2300);
    /* An unchanged page is not written: what stands there now stays. */
    CHECK_INT(pages.blocks[0].slot[20], 11);
    CHECK_INT(pwrite(out, sign, sizeof(sign), 10 * SHARED_PAGE), sizeof(sign));
    object_write(object, 300, 'b');
    object_write(object, 400, 0);
    CHECK_INT(shared_pages_copy(&pages, &source, &all, 1, false, NULL), 0);
    CHECK_INT(pages.slot_count, PAGES);
    CHECK_INT(pread(out, page, sizeof(sign), 10 * SHARED_PAGE), sizeof(sign));
    CHECK_STRING(page, sign);
    CHECK_INT(pread(object, page, sizeof(sign), 20 * SHARED_PAGE), sizeof(sign));
    CHECK_INT(pwrite(out, page, sizeof(sign), 10 * SHARED_PAGE), sizeof(sign));
    CHECK_INT(shared_pages_list(&pages, &all, 1, &shared), 0);
    CHECK_INT(extents_compare(object, out, &shared), (PAGES - 1) * SHARED_PAGE);
    free(shared.extents);
    shared_pages_free(&pages);
}

TEST(shared_pages_end_with_the_object)
{
    int object = memfd_create("object", 0);
    struct shared_pages pages = {.out = open("pages", O_RDWR | O_CREAT, 0600)};
    struct shared_source source = {.object = object, .memory = -1};
    struct shared_stretch all = {0, 2}, more = {0, 4};
    struct image_shared shared = {.size = 5000};

    memset(page, 'x', sizeof(page));
    CHECK_INT(write(object, page, sizeof(page)), sizeof(page));
    CHECK_INT(write(object, page, 5000 - sizeof(page)), 5000 - sizeof(page));
    CHECK_INT(shared_pages_copy(&pages, &source, &more, 1, false, NULL), -EFAULT);
    CHECK_INT(shared_pages_copy(&pages, &source, &all, 1, false, NULL), 0);
    CHECK_INT(shared_pages_list(&pages, &all, 1, &shared), 0);
    CHECK_INT(extents_compare(object, pages.out, &shared), 5000);
    free(shared.extents);
    shared_pages_free(&pages);
}

TEST(shared_pages_stop_when_told)
{
    struct shared_pages pages = {.out = open("pages", O_RDWR | O_CREAT, 0600)};
    struct shared_source source = {.object = object_make(), .memory = -1};
    struct shared_stretch all = {0, PAGES};
    bool stop = true;

    CHECK_INT(shared_pages_copy(&pages, &source, &all, 1, true, &stop), -ECANCELED);
    CHECK(pages.slot_count < PAGES);
    shared_pages_free(&pages);
}
