/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Flags and detours of open(2): O_PATH of a file, a link and a FIFO, O_DIRECT, O_SYNC, O_NOATIME, written after its
 * owner made it read-only, a position far behind the end, through /dev/fd and /proc/self/fd,
 * renamed since. */
#include "testlib.h"

#define FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_SYNC | O_DSYNC | O_NOATIME | O_PATH)
#define FAR   (1LL << 40)

static int fds[16], wanted[16], count;

static int opened(const char *path, int flags)
{
    int fd = open(path, flags | O_CREAT * !(flags & O_PATH), 0666);

    if (fd < 0 && errno == EINVAL && (flags & O_DIRECT) != 0)
        return -1; /* not on this filesystem */
    MUST(fd);
    wanted[count] = fcntl(fd, F_GETFL) & FLAGS;
    return fds[count++] = fd;
}

int main(void)
{
    char path[64], text[8] = "";
    struct stat status, link;

    MUST(symlink("nowhere", "link"));
    MUST(mkfifo("fifo", 0666));
    int direct = opened("file", O_RDWR | O_DIRECT);
    int file = opened("file", O_RDWR | O_SYNC | O_NOATIME | O_NONBLOCK);
    opened("file", O_WRONLY | O_DSYNC | O_APPEND);
    int of_file = opened("file", O_PATH), of_link = opened("link", O_PATH | O_NOFOLLOW);
    int of_fifo = opened("fifo", O_PATH), read_only = opened("read-only", O_WRONLY);
    MUST(fchmod(read_only, 0444));
    CHECK(write(file, "abc", 3) == 3, "write");
    int far = opened("far", O_RDWR);
    bool large = lseek(far, FAR, SEEK_SET) == FAR;
    snprintf(path, sizeof(path), "/dev/fd/%d", file);
    int again = opened(path, O_RDONLY);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    int once_more = opened(path, O_RDWR);
    CHECK(read(again, text, 2) == 2, "read");
    int renamed = opened("old", O_RDWR);
    MUST(rename("old", "new"));
    ready();
    wait_go();
    if (sabotaged())
        MUST(fcntl(file, F_SETFL, 0));
    for (int i = 0; i < count; i++)
        CHECK((fcntl(fds[i], F_GETFL) & FLAGS) == wanted[i], "descriptor %d: flags 0%o, not 0%o",
              fds[i], fcntl(fds[i], F_GETFL) & FLAGS, wanted[i]);
    CHECK(direct < 0 || fstat(direct, &status) == 0, "O_DIRECT");
    CHECK(fstat(of_link, &link) == 0 && S_ISLNK(link.st_mode), "the link");
    CHECK(readlinkat(of_link, "", text, sizeof(text)) == 7, "where it leads to");
    CHECK(fstat(of_fifo, &status) == 0 && S_ISFIFO(status.st_mode), "the FIFO");
    CHECK(fstatat(of_file, "", &status, AT_EMPTY_PATH) == 0 && status.st_size == 3, "the file");
    CHECK(write(read_only, "x", 1) == 1, "write: %s", strerror(errno));
    CHECK(fstat(read_only, &status) == 0 && (status.st_mode & 07777) == 0444, "its mode");
    CHECK(!large || lseek(far, 0, SEEK_CUR) == FAR, "the position");
    CHECK(read(again, text, 8) == 1 && text[0] == 'c', "what is left behind /dev/fd");
    CHECK(read(once_more, text, 8) == 3, "what is behind /proc/self/fd");
    CHECK(write(renamed, "y", 1) == 1 && stat("new", &status) == 0 && status.st_size == 1,
          "the renamed file");
    pass();
}
