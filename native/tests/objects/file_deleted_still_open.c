/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Deleted files that are still open keep content, offset and size, read-write and write-only, shared with a child. */
#include "testlib.h"

#define SIZE 200000

int main(void)
{
    static char data[SIZE], back[SIZE];
    int rw = MUST(open("rw", O_RDWR | O_CREAT, 0600));
    int wr = MUST(open("wr", O_WRONLY | O_CREAT, 0600));
    struct stat st;
    pid_t pid;

    fill(data, SIZE, 5);
    MUST(write(rw, data, SIZE));
    MUST(write(wr, data, SIZE));
    MUST(lseek(rw, 1000, SEEK_SET));
    MUST(unlink("rw"));
    MUST(unlink("wr"));
    pid = MUST(fork());
    if (pid == 0) {
        wait_go();
        MUST(write(wr, "more", 4));
        _exit(0);
    }
    ready();
    wait_go();
    expect_exit(pid, 0);
    if (sabotaged())
        MUST(pwrite(rw, "!", 1, 77777));
    CHECK(lseek(rw, 0, SEEK_CUR) == 1000, "offset %ld", (long)lseek(rw, 0, SEEK_CUR));
    CHECK(pread(rw, back, SIZE, 0) == SIZE, "size changed");
    CHECK(first_wrong(back, SIZE, 5) < 0, "byte %ld is wrong", first_wrong(back, SIZE, 5));
    MUST(fstat(wr, &st));
    CHECK(st.st_size == SIZE + 4, "the write-only file has %ld bytes", (long)st.st_size);
    CHECK(lseek(wr, 0, SEEK_CUR) == SIZE + 4, "its offset");
    CHECK(!exists("rw") && !exists("wr"), "a deleted file has its name again");
    pass();
}
