/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Open files that have lost the name they were opened by: another link is left, another file has the name, nothing is
 * left (also where the owner may not read), memory is mapped from it; and O_TMPFILE, which is given a name later. */
#include "testlib.h"

#include <sys/mman.h>

static int file_with(const char *name, int flags, mode_t mode, const char *text)
{
    int fd = MUST(open(name, flags | O_CREAT | O_EXCL, mode));

    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "write: %s", strerror(errno));
    return fd;
}

static void expect(int fd, const char *text)
{
    char got[64] = "";

    CHECK(pread(fd, got, sizeof(got) - 1, 0) >= 0, "read: %s", strerror(errno));
    CHECK(strcmp(got, text) == 0, "'%s' instead of '%s'", got, text);
}

int main(void)
{
    char path[64];
    struct stat status;

    MUST(mkdir("sub", 0777));
    int linked = file_with("first", O_RDWR, 0666, "linked");
    MUST(link("first", "sub/second"));
    MUST(unlink("first"));
    int older = file_with("name", O_RDWR, 0666, "older");
    MUST(unlink("name"));
    int newer = file_with("name", O_RDWR, 0666, "newer");
    int writer = file_with("gone", O_WRONLY | O_APPEND, 0666, "gone");
    int reader = MUST(open("gone", O_RDONLY));
    MUST(fchmod(writer, 0));
    MUST(unlink("gone"));
    int mapped = file_with("mapped", O_RDWR, 0666, "mapped");
    char *memory = MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0));
    MUST(unlink("mapped"));
    int nameless = MUST(open(".", O_RDWR | O_TMPFILE, 0640));
    CHECK(write(nameless, "nameless", 8) == 8, "write: %s", strerror(errno));
    ready();
    wait_go();
    if (sabotaged())
        MUST(ftruncate(older, 0));
    expect(linked, "linked");
    CHECK(pwrite(linked, "L", 1, 0) == 1, "write: %s", strerror(errno));
    expect(MUST(open("sub/second", O_RDONLY)), "Linked");
    expect(older, "older");
    expect(newer, "newer");
    expect(MUST(open("name", O_RDONLY)), "newer");
    CHECK(write(writer, "!", 1) == 1, "write: %s", strerror(errno));
    expect(reader, "gone!");
    MUST(fstat(writer, &status));
    CHECK((status.st_mode & 07777) == 0 && status.st_nlink == 0, "mode 0%o, %d links",
          status.st_mode, (int)status.st_nlink);
    memory[0] = 'M';
    expect(mapped, "Mapped");
    CHECK(pwrite(mapped, "mA", 2, 0) == 2 && memcmp(memory, "mApped", 6) == 0,
          "the mapping does not show the file");
    snprintf(path, sizeof(path), "/proc/self/fd/%d", nameless);
    MUST(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    expect(MUST(open("named", O_RDONLY)), "nameless");
    MUST(stat("named", &status));
    CHECK((status.st_mode & 07777) == (0640 & ~022), "mode 0%o", status.st_mode);
    pass();
}
