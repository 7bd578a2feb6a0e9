/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Directories that have been deleted, open or as the working directory: they are there, empty, and take nothing in. */
#include "testlib.h"

#include <dirent.h>

static void look(int dir, const char *what)
{
    struct stat status;
    char buffer[256];

    MUST(fstat(dir, &status));
    CHECK(S_ISDIR(status.st_mode) && status.st_nlink == 0, "%s is no deleted directory", what);
    CHECK(openat(dir, "new", O_WRONLY | O_CREAT, 0600) < 0 && errno == ENOENT, "%s: %s", what,
          strerror(errno));
    CHECK(syscall(SYS_getdents64, dir, buffer, sizeof(buffer)) <= 0, "%s is not empty", what);
}

int main(void)
{
    char name[PATH_MAX], cwd[PATH_MAX];

    MUST(mkdir("open", 0750));
    int dir = MUST(open("open", O_RDONLY | O_DIRECTORY));
    MUST(rmdir("open"));
    MUST(mkdir("below", 0700));
    MUST(mkdir("below/cwd", 0700));
    MUST(chdir("below/cwd"));
    MUST(rmdir(testlib_path("below/cwd", name, sizeof(name))));
    MUST(rmdir(testlib_path("below", name, sizeof(name)))); /* the parent as well */
    ready();
    wait_go();
    if (sabotaged())
        MUST(chdir("/"));
    look(dir, "the open directory");
    struct stat status;
    MUST(fstat(dir, &status));
    CHECK((status.st_mode & 07777) == 0750, "mode %o", status.st_mode & 07777u);
    int here = MUST(open(".", O_RDONLY | O_DIRECTORY));
    look(here, "the working directory");
    CHECK(getcwd(cwd, sizeof(cwd)) == NULL && errno == ENOENT, "getcwd: '%s'", cwd);
    CHECK(!exists("open") && !exists("below"), "a deleted directory has a name again");
    MUST(chdir(testlib_dir));
    pass();
}
