/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Where the restorer stands: free in both layouts, away from what may grow. */
#include "unit.h"

#include "restore/layout.h"

#define MIB 0x100000ull

static uint64_t gap(const uint64_t (*own)[2], size_t own_count, const uint64_t (*image)[2],
                    size_t image_count, uint64_t size)
{
    struct mapping list[8] = {0};
    struct image_vma vmas[8] = {0};
    struct mappings mappings = {.list = list, .count = own_count};
    struct process_image process = {.vmas = vmas, .vma_count = image_count};

    for (size_t i = 0; i < own_count; i++) {
        list[i].start = own[i][0];
        list[i].end = own[i][1];
    }
    for (size_t i = 0; i < image_count; i++) {
        vmas[i].start = image[i][0];
        vmas[i].end = image[i][1];
    }
    return layout_gap(&mappings, &process, size);
}

static const uint64_t none[1][2];

TEST(empty_layouts_have_the_lowest_gap)
{
    CHECK_INT(gap(none, 0, none, 0, 0x5000), 0x110000);
}

TEST(gap_is_free_in_both_layouts)
{
    static const uint64_t own[][2] = {{16 * MIB, 32 * MIB}, {64 * MIB, 65 * MIB}};
    static const uint64_t image[][2] = {{2 * MIB, 15 * MIB}, {34 * MIB, 63 * MIB}};

    /* The hole at 32..34 MiB is too small with the distance kept on both sides. */
    CHECK_INT(gap(own, 2, image, 2, 0x1000), 66 * MIB);
    CHECK_INT(gap(own, 2, image, 1, 0x1000), 33 * MIB);
    CHECK_INT(gap(own, 2, image, 1, 30 * MIB), 33 * MIB);
    CHECK_INT(gap(own, 2, image, 1, 30 * MIB + 0x1000), 66 * MIB);
    CHECK_INT(gap(own, 1, image, 2, 0x1000), 64 * MIB);
}

TEST(gap_keeps_its_distance_from_what_lies_below)
{
    static const uint64_t own[][2] = {{0x10000, MIB}, {2 * MIB, 5 * MIB}};
    static const uint64_t image[][2] = {{2 * MIB, 5 * MIB + 0x1000}};

    CHECK_INT(gap(own, 1, none, 0, 0x1000), 2 * MIB);
    CHECK_INT(gap(own, 2, image, 1, 0x1000), 6 * MIB + 0x1000);
}

TEST(gap_does_not_depend_on_the_order)
{
    static const uint64_t own[][2] = {{64 * MIB, 65 * MIB}, {1 * MIB, 32 * MIB}};
    static const uint64_t image[][2] = {{31 * MIB, 50 * MIB}, {2 * MIB, 3 * MIB}};

    CHECK_INT(gap(own, 2, image, 2, 0x1000), 51 * MIB);
}

TEST(full_layouts_have_no_gap)
{
    static const uint64_t low[][2] = {{0x1000, 0x400000000000}};
    static const uint64_t high[][2] = {{0x400000000000, 0x7fff00000000}};
    static const uint64_t kernel[][2] = {{0x1000, 0x7ffefff00000},
                                         {0xffffffffff600000, 0xffffffffff601000}};

    CHECK_INT(gap(low, 1, high, 1, 0x1000), 0);
    CHECK_INT(gap(kernel, 2, none, 0, 0x1000), 0);
    CHECK_INT(gap(none, 0, none, 0, 0x7fff00000000), 0);
    CHECK_INT(gap(none, 0, none, 0, UINT64_MAX), 0);
    CHECK_INT(gap(low, 1, none, 0, UINT64_MAX - 0x400000000000), 0);
    CHECK_INT(gap(low, 1, none, 0, 0x1000), 0x400000000000 + MIB);
}
