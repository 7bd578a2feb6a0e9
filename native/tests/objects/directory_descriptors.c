/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Open directories: openat relative to them, and reading on where readdir was. */
#include "testlib.h"
#include <dirent.h>

#define FILES 300

int main(void)
{
    char name[32];
    bool seen[FILES] = {false};
    struct dirent *e;
    int count = 0;

    MUST(mkdir("d", 0700));
    int dir = MUST(open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "%d", i);
        close(MUST(openat(dir, name, O_WRONLY | O_CREAT, 0600)));
    }
    int path = MUST(open("d", O_PATH | O_DIRECTORY));
    DIR *stream = opendir("d");
    for (int i = 0; i < 10 && (e = readdir(stream)) != NULL; i++) {
        if (e->d_name[0] != '.') {
            seen[atoi(e->d_name)] = true;
            count++;
        }
    }
    ready();
    wait_go();
    if (sabotaged())
        rewinddir(stream);
    while ((e = readdir(stream)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        CHECK(!seen[atoi(e->d_name)], "%s is read twice", e->d_name);
        seen[atoi(e->d_name)] = true;
        count++;
    }
    CHECK(count == FILES, "readdir gave %d of %d names", count, FILES);
    CHECK(fcntl(dir, F_GETFD) == FD_CLOEXEC, "FD_CLOEXEC of the directory");
    CHECK(faccessat(dir, "17", F_OK, 0) == 0, "relative to the directory: %s", strerror(errno));
    CHECK(faccessat(path, "18", F_OK, 0) == 0, "relative to the O_PATH descriptor");
    MUST(fchdir(dir));
    CHECK(access("19", F_OK) == 0, "after fchdir");
    pass();
}
