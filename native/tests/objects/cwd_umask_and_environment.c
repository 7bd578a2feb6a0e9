/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Working directory, umask and environment, also those of a child that differ from its parent's. */
#include "testlib.h"

static void expect(const char *where, mode_t mask, const char *variable)
{
    char cwd[PATH_MAX];

    CHECK(getcwd(cwd, sizeof(cwd)) != NULL, "getcwd: %s", strerror(errno));
    CHECK(strcmp(cwd, where) == 0, "working directory %s became %s", where, cwd);
    mode_t got = umask(0);
    CHECK(got == mask, "umask 0%o became 0%o", mask, got);
    const char *value = getenv("CKPT_TEST_VARIABLE");
    CHECK(value != NULL && strcmp(value, variable) == 0, "variable '%s'", value ? value : "gone");
}

int main(void)
{
    char sub[PATH_MAX + 8];
    pid_t pid;

    MUST(mkdir("sub", 0700));
    snprintf(sub, sizeof(sub), "%s/sub", testlib_dir);
    setenv("CKPT_TEST_VARIABLE", "parent = value\nof two lines", 1);
    umask(027);
    pid = MUST(fork());
    if (pid == 0) {
        MUST(chdir("sub"));
        umask(0);
        setenv("CKPT_TEST_VARIABLE", "child", 1);
        touch("child_is_ready");
        wait_go();
        expect(sub, 0, "child");
        close(MUST(open("written_here", O_CREAT | O_WRONLY, 0600)));
        _exit(0);
    }
    wait_for("child_is_ready", false);
    ready();
    wait_go();
    if (sabotaged())
        umask(022);
    expect(testlib_dir, 027, "parent = value\nof two lines");
    expect_exit(pid, 0);
    CHECK(access("sub/written_here", F_OK) == 0, "the child wrote elsewhere");
    pass();
}
