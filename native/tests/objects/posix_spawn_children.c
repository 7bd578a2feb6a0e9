/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Children started with posix_spawn, before and after the checkpoint, with file actions and a signal mask. */
#include "testlib.h"
#include <spawn.h>

extern char **environ;

static pid_t spawn(const char *script, const char *output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none;
    pid_t pid;
    char *argv[] = {"sh", "-c", (char *)script, NULL};

    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0600);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attr, &none);
    int err = posix_spawnp(&pid, "sh", &actions, &attr, argv, environ);
    CHECK(err == 0, "posix_spawnp: %s", strerror(err));
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return pid;
}

static void expect_content(const char *name, const char *want)
{
    char buf[64] = "";
    int fd = MUST(open(name, O_RDONLY));

    MUST(read(fd, buf, sizeof(buf) - 1));
    CHECK(strcmp(buf, want) == 0, "%s holds '%s', not '%s'", name, buf, want);
    close(fd);
}

int main(void)
{
    pid_t before =
        spawn("echo early; until [ -e go ]; do sleep 0.02; done; echo late; exit 7", "a");

    ready();
    wait_go();
    pid_t after = spawn("echo new; exit 8", "b");
    expect_exit(before, sabotaged() ? 6 : 7);
    expect_exit(after, 8);
    expect_content("a", "early\nlate\n");
    expect_content("b", "new\n");
    pass();
}
