/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#include "common/fill.h"
#include "common/parallel.h"
#include "store/checksum.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>

#define SIZE ((11 << 20) + 4711) /* several threads, and an end within a block */

static char *data;

static int file_make(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);

    data = malloc(SIZE);
    CHECK(fd >= 0 && data != NULL);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    CHECK_INT(write(fd, data, SIZE), SIZE);
    return fd;
}

TEST(checksums_of_blocks_are_the_same_while_writing_and_afterwards)
{
    struct checksum_blocks *blocks = checksum_blocks_new();
    uint64_t written, read, sizes[2];
    int fd = file_make();

    for (size_t at = 0, size = 1; at < SIZE; at += size, size = size * 3 + 1) {
        if (size > SIZE - at)
            size = SIZE - at;
        checksum_blocks_update(blocks, data + at, size);
    }
    written = checksum_blocks_end(blocks, &sizes[0]);
    CHECK_INT(checksum_blocks_fd(fd, SIZE, &sizes[1], &read), 0);
    CHECK(written == read);
    CHECK_INT(sizes[0], SIZE);
    CHECK_INT(sizes[1], SIZE);
    CHECK_INT(pwrite(fd, "?", 1, SIZE - 1), 1);
    CHECK_INT(checksum_blocks_fd(fd, SIZE, &sizes[1], &read), 0);
    CHECK(written != read);
    CHECK_INT(checksum_blocks_fd(fd, SIZE + 100, &sizes[1], &read), 0);
    CHECK_INT(sizes[1], SIZE);
    checksum_blocks_free(blocks);
    free(data);
}

TEST(fills_put_every_byte_in_its_place)
{
    int fd = file_make();
    char *memory = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t at = (uint64_t)(uintptr_t)memory;
    struct fill fills[] = {
        {at + 4096, 10 << 20, 8192},
        {at + (20 << 20) + 10, 1000, 0},
        {at + (30 << 20), 4711, 11 << 20},
    };

    CHECK_INT(fills_read(fd, fills, 3), 0);
    for (size_t i = 0; i < 3; i++)
        CHECK(memcmp((void *)(uintptr_t)fills[i].address, data + fills[i].offset, fills[i].size) ==
              0);
    CHECK_INT(memory[4095] | memory[4096 + (10 << 20)], 0);
    fills[2].size++;
    CHECK_INT(fills_read(fd, fills, 3), -EIO);
    munmap(memory, 64 << 20);
    free(data);
}

static int count_or_fail(void *context, size_t part, void *buffer)
{
    unsigned char *done = context;

    memset(buffer, 1, 100);
    __atomic_fetch_add(&done[part], 1, __ATOMIC_RELAXED);
    return part == 777 ? -EIO : 0;
}

TEST(parallel_work_does_each_part_once_and_ends_with_the_first_error)
{
    unsigned char done[1000] = {0};
    struct parallel parallel = {
        .count = 777, .take = 3, .buffer_size = 100, .work = count_or_fail, .context = done};

    CHECK_INT(parallel_run(&parallel), 0);
    for (size_t i = 0; i < 777; i++)
        CHECK_INT(done[i], 1);
    CHECK_INT(done[777], 0);
    parallel.count = 1000;
    parallel.alone = true;
    CHECK_INT(parallel_run(&parallel), -EIO);
    CHECK_INT(done[777], 1);
    CHECK_INT(done[778], 0);
    parallel.count = 0;
    CHECK_INT(parallel_run(&parallel), 0);
}
