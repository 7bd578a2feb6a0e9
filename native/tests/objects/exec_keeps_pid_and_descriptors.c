/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* exec before and after the checkpoint: same pid, descriptors kept, those with FD_CLOEXEC closed. */
#include "testlib.h"

#define KEPT   50
#define CLOSED 51

static void check_after_exec(const char *pid)
{
    CHECK(getpid() == atoi(pid), "pid %s became %d by exec", pid, (int)getpid());
    CHECK(fcntl(KEPT, F_GETFD) == 0, "descriptor %d did not survive exec", KEPT);
    CHECK(fcntl(CLOSED, F_GETFD) == -1, "descriptor %d with FD_CLOEXEC survived exec", CLOSED);
}

int main(int argc, char **argv)
{
    char pid[16];

    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    if (argc == 1) {
        int fd = MUST(open("kept", O_RDWR | O_CREAT | O_CLOEXEC, 0600));

        MUST(dup2(fd, KEPT));
        MUST(dup3(fd, CLOSED, O_CLOEXEC));
        execl(argv[0], argv[0], "second", pid, NULL);
        fail("exec: %s", strerror(errno));
    }
    check_after_exec(argv[2]);
    if (strcmp(argv[1], "third") == 0)
        pass();
    MUST(dup3(KEPT, CLOSED, O_CLOEXEC));
    ready();
    wait_go();
    if (sabotaged())
        fcntl(CLOSED, F_SETFD, 0);
    execl(argv[0], argv[0], "third", argv[2], NULL);
    fail("exec: %s", strerror(errno));
}
