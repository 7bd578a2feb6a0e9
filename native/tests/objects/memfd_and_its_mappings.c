/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * memfd: content, offset, seals, a second description that may only read, and a mapping that two processes share with
 * the descriptor. The same for a deleted file that is open and mapped. */
#include "testlib.h"

#include <sys/mman.h>

#define SIZE 12000

struct file {
    int fd, reader;
    char *map;
};

static struct file file_make(int fd, int seed)
{
    static char bytes[SIZE];
    char path[64];
    struct file file = {.fd = fd};

    fill(bytes, SIZE, (uint64_t)seed);
    CHECK(pwrite(fd, bytes, SIZE, 0) == SIZE, "pwrite");
    MUST(lseek(fd, 77, SEEK_SET));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    file.reader = MUST(open(path, O_RDONLY));
    file.map = MUST(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    return file;
}

static void file_check(const struct file *file, int seed)
{
    static char bytes[SIZE];
    struct stat one, other;

    CHECK(lseek(file->fd, 0, SEEK_CUR) == 77 && lseek(file->reader, 0, SEEK_CUR) == 0, "offsets");
    CHECK(write(file->reader, "x", 1) < 0 && errno == EBADF, "the reader can write");
    MUST(fstat(file->fd, &one));
    MUST(fstat(file->reader, &other));
    CHECK(one.st_ino == other.st_ino, "two descriptors of one file lead to two");
    CHECK(one.st_size == SIZE, "%d bytes", (int)one.st_size);
    CHECK(read(file->reader, bytes, SIZE) == SIZE, "short read");
    CHECK(first_wrong(bytes, SIZE, (uint64_t)seed) < 0, "the content differs");
    CHECK(pwrite(file->fd, "new", 3, 5000) == 3, "pwrite");
    CHECK(memcmp(file->map + 5000, "new", 3) == 0, "the mapping is of another file");
}

int main(void)
{
    int sealed = MUST(memfd_create("sealed", MFD_ALLOW_SEALING));
    struct file memory = file_make(MUST(memfd_create("a name", 0)), 1);
    struct file deleted = file_make(MUST(open("gone", O_RDWR | O_CREAT, 0600)), 2);
    char link[64] = "", path[64];

    MUST(unlink("gone"));
    MUST(write(sealed, "fixed", 5));
    MUST(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
    pid_t child = MUST(fork());
    if (child == 0) {
        close(memory.fd);
        close(deleted.fd);
        wait_go();
        while (memory.map[0] != '!')
            moment(false);
        memcpy(memory.map + 1, "?", 1);
        memcpy(deleted.map + 1, "?", 1);
        _exit(0);
    }
    ready();
    wait_go();
    if (sabotaged())
        memory.map[9000] ^= 1;
    file_check(&memory, 1);
    file_check(&deleted, 2);
    CHECK(fcntl(sealed, F_GET_SEALS) == (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), "seals %x",
          fcntl(sealed, F_GET_SEALS));
    CHECK(write(sealed, "x", 1) < 0 && errno == EPERM, "a sealed file can be written");
    CHECK(fcntl(memory.fd, F_GET_SEALS) == F_SEAL_SEAL, "the other can be sealed");
    memory.map[0] = '!';
    expect_exit(child, 0);
    CHECK(pread(memory.fd, path, 2, 0) == 2 && path[1] == '?', "the other process maps another");
    CHECK(pread(deleted.fd, path, 2, 0) == 2 && path[1] == '?', "the same for the deleted file");
    snprintf(path, sizeof(path), "/proc/self/fd/%d", memory.fd);
    MUST(readlink(path, link, sizeof(link) - 1));
    CHECK(strncmp(link, "/memfd:a name", 13) == 0, "the name is '%s'", link);
    pass();
}
