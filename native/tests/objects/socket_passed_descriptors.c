/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Descriptors in messages that have not been received: a file that somebody else has open as well, one that nobody
 * has, and the end of a socket pair with something queued in it. */
#include "testlib.h"

#include <sys/socket.h>

static void pass_on(int socket, const int *fds, size_t count, const char *text)
{
    char control[CMSG_SPACE(4 * sizeof(int))] = {0};
    struct iovec part = {.iov_base = (void *)text, .iov_len = strlen(text)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);

    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
    CHECK(sendmsg(socket, &header, 0) == (ssize_t)strlen(text), "sendmsg");
}

static void receive(int socket, int *ret, size_t count, const char *text)
{
    char control[CMSG_SPACE(4 * sizeof(int))] = {0}, got[32] = "";
    struct iovec part = {.iov_base = got, .iov_len = strlen(text)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof(control)};

    CHECK(recvmsg(socket, &header, 0) == (ssize_t)strlen(text) && strcmp(got, text) == 0,
          "'%s' instead of '%s'", got, text);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    CHECK(rights != NULL && rights->cmsg_type == SCM_RIGHTS &&
              rights->cmsg_len == CMSG_LEN(count * sizeof(int)),
          "'%s' came without its descriptors", text);
    memcpy(ret, CMSG_DATA(rights), count * sizeof(int));
}

int main(void)
{
    int outer[2], inner[2], fds[2], got[2];
    char text[8] = "";

    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, outer));
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, inner));
    int shared = MUST(open("shared", O_RDWR | O_CREAT, 0600));
    MUST(write(shared, "0123456789", 10));
    int alone = MUST(open("alone", O_RDWR | O_CREAT, 0600));
    MUST(write(alone, "abc", 3));
    MUST(write(inner[1], "deep", 4));
    fds[0] = shared;
    fds[1] = alone;
    MUST(write(outer[0], "plain", 5));
    pass_on(outer[0], fds, 2, "two files");
    pass_on(outer[0], &inner[0], 1, "a socket");
    close(alone);
    close(inner[0]);
    ready();
    wait_go();
    if (sabotaged())
        MUST(lseek(shared, 1, SEEK_SET));
    CHECK(read(outer[1], text, 5) == 5 && strcmp(text, "plain") == 0, "'%s'", text);
    receive(outer[1], got, 2, "two files");
    CHECK(lseek(got[0], 0, SEEK_CUR) == 10, "the offset of the shared file");
    MUST(lseek(shared, 4, SEEK_SET));
    CHECK(lseek(got[0], 0, SEEK_CUR) == 4, "the shared file is shared no longer");
    CHECK(pread(got[1], text, 3, 0) == 3 && strncmp(text, "abc", 3) == 0, "the other file");
    receive(outer[1], got, 1, "a socket");
    CHECK(read(got[0], text, 4) == 4 && strncmp(text, "deep", 4) == 0, "in the passed socket");
    MUST(write(got[0], "back", 4));
    CHECK(read(inner[1], text, 4) == 4 && strncmp(text, "back", 4) == 0, "out of it");
    pass();
}
