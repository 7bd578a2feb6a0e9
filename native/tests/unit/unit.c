/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The runner: each test in a process of its own, so that a crash, a leak or a changed limit
 * fails that test alone. */
#include "unit.h"

#include "common/io.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/wait.h>

static struct unit_test *tests;

void unit_register(struct unit_test *test)
{
    struct unit_test **at = &tests;

    while (*at && strcmp((*at)->name, test->name) < 0)
        at = &(*at)->next;
    test->next = *at;
    *at = test;
}

void unit_fail(const char *file, int line, const char *fmt, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    _exit(1);
}

static bool run_test(const struct unit_test *test, const char *program)
{
    char dir[4096];
    const char *tmp = getenv("TMPDIR");
    int status = -1;
    pid_t pid;

    snprintf(dir, sizeof(dir), "%s/ckpt-unit-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) {
        perror(dir);
        return false;
    }
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        if (chdir(dir) < 0)
            unit_fail(__FILE__, __LINE__, "chdir '%s': %s", dir, strerror(errno));
        test->run();
        exit(0); /* not _exit: leaks are looked for */
    }
    if (pid > 0)
        waitpid(pid, &status, 0);
    if (remove_tree_at(AT_FDCWD, dir) < 0)
        perror(dir);
    if (status == 0)
        return true;
    printf("FAILED %s (status 0x%x); again with: %s %s\n", test->name, (unsigned)status, program,
           test->name);
    return false;
}

int main(int argc, char **argv)
{
    unsigned passed = 0, failed = 0;

    for (const struct unit_test *test = tests; test; test = test->next) {
        bool wanted = argc < 2;

        for (int i = 1; i < argc; i++)
            wanted |= strcmp(argv[i], test->name) == 0;
        if (!wanted)
            continue;
        if (run_test(test, argv[0]))
            passed++;
        else
            failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed || !passed;
}
