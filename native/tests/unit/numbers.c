/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What a tree is told the numbers of its files are. */
#include "unit.h"

#include "common/cleanup.h"
#include "files/numbers.h"

static void add(struct numbers_list *list, uint64_t device, uint64_t inode, uint64_t known_device,
                uint64_t known_inode)
{
    struct numbers_pair pair = {.real = {device, inode}, .known = {known_device, known_inode}};

    CHECK_INT(numbers_add(list, &pair), 0);
}

static struct numbers *make(struct numbers_list *list)
{
    struct numbers *numbers;

    CHECK_INT(numbers_make(list, &numbers), 0);
    numbers_list_free(list);
    return numbers;
}

static void check_known(const struct numbers *numbers, uint64_t device, uint64_t inode,
                        uint64_t wanted_device, uint64_t wanted_inode)
{
    struct file_number got = number_known(numbers, (struct file_number){device, inode}, NULL);

    CHECK_INT(got.device, wanted_device);
    CHECK_INT(got.inode, wanted_inode);
}

TEST(numbers_that_are_what_they_were_need_no_table)
{
    struct numbers_list list = {0};

    CHECK(make(&list) == NULL);
    add(&list, 1, 10, 1, 10);
    add(&list, 2, 10, 2, 10);
    CHECK(make(&list) == NULL);
    check_known(NULL, 3, 4, 3, 4);
}

TEST(files_made_anew_are_known_by_their_old_numbers)
{
    struct numbers_list list = {0};

    for (uint64_t i = 0; i < 100; i++)
        add(&list, 1, 1000 - i, 1, 10 + i);
    add(&list, 1, 5, 1, 5);
    cleanup_free struct numbers *numbers = make(&list);
    for (uint64_t i = 0; i < 100; i++)
        check_known(numbers, 1, 1000 - i, 1, 10 + i);
    CHECK_INT(numbers->file_count, 100);
    check_known(numbers, 1, 5, 1, 5);
    check_known(numbers, 1, 2000, 1, 2000);
    check_known(numbers, 2, 20, 2, 20);
}

TEST(a_new_file_does_not_get_the_number_that_another_is_known_by)
{
    struct numbers_list list = {0};

    add(&list, 1, 1000, 1, 10);
    add(&list, 1, 10, 1, 1000); /* the two have changed places */
    add(&list, 1, 11, 1, 30);
    cleanup_free struct numbers *numbers = make(&list);
    check_known(numbers, 1, 1000, 1, 10);
    check_known(numbers, 1, 10, 1, 1000);
    check_known(numbers, 1, 11, 1, 30);
    check_known(numbers, 1, 30, 1, 30 | NUMBER_INODE_AWAY);
    check_known(numbers, 2, 30, 2, 30);
}

/* The next restart goes on from there. */
TEST(a_number_out_of_the_way_is_kept)
{
    struct numbers_list list = {0};

    add(&list, 1, 2000, 1, 10);
    add(&list, 1, 2001, 1, 10 | NUMBER_INODE_AWAY);
    cleanup_free struct numbers *numbers = make(&list);
    check_known(numbers, 1, 2000, 1, 10);
    check_known(numbers, 1, 2001, 1, 10 | NUMBER_INODE_AWAY);
    check_known(numbers, 1, 10, 1, 10 | NUMBER_INODE_AWAY); /* deleted since, for all we know */
}

TEST(another_device_stands_for_the_old_one)
{
    struct numbers_list list = {0};

    add(&list, 7, 100, 1, 10);
    add(&list, 7, 11, 1, 11);
    add(&list, 1, 12, 2, 12); /* the old device's number is now that of what used to be 2 */
    cleanup_free struct numbers *numbers = make(&list);
    check_known(numbers, 7, 100, 1, 10);
    check_known(numbers, 7, 11, 1, 11);
    check_known(numbers, 7, 500, 1, 500);
    check_known(numbers, 7, 10, 1, 10 | NUMBER_INODE_AWAY);
    check_known(numbers, 1, 12, 2, 12);
    check_known(numbers, 1, 13, 2, 13);
    check_known(numbers, 2, 13, 2 | NUMBER_DEVICE_AWAY, 13);
    check_known(numbers, 3, 13, 3, 13);
}

TEST(a_time_of_change_is_the_old_one_until_the_next_change)
{
    struct numbers_list list = {0};
    struct numbers_pair pair = {
        .real = {1, 10}, .known = {1, 10}, .real_ctime_ns = 500, .known_ctime_ns = 400};
    int64_t then = 500, later = 600;

    CHECK_INT(numbers_add(&list, &pair), 0);
    cleanup_free struct numbers *numbers = make(&list);
    number_known(numbers, pair.real, &then);
    number_known(numbers, pair.real, &later);
    CHECK_INT(then, 400);
    CHECK_INT(later, 600);
}

/* A file that has moved to a device where others of its old one have not. */
TEST(a_device_stands_for_one_only)
{
    struct numbers_list list = {0};

    add(&list, 1, 10, 1, 10);
    add(&list, 1, 11, 5, 11);
    cleanup_free struct numbers *numbers = make(&list);
    check_known(numbers, 1, 10, 1, 10);
    check_known(numbers, 1, 11, 5, 11);
    check_known(numbers, 1, 12, 1, 12);
    check_known(numbers, 5, 11, 5, 11 | NUMBER_INODE_AWAY);
}
