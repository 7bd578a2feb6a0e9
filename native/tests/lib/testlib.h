/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef TESTLIB_H
#define TESTLIB_H

/* What every program in tests/objects shares.
 *
 * A program sets up the kernel object it is about, calls ready(), calls wait_go() and then looks whether
 * everything is as it was. While it waits the runner takes checkpoints of it, kills it and restarts it. It ends
 * with pass() or fail(). sabotaged() is true when the runner wants to see the check fail: each program then damages
 * what it is about, once, after wait_go(). All of this may be called in forked children.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The files are named in full because a program may change its working directory. */
static char testlib_dir[PATH_MAX];

__attribute__((constructor)) static void testlib_remember_directory(void)
{
    if (getcwd(testlib_dir, sizeof(testlib_dir)) == NULL)
        abort();
}

static inline const char *testlib_path(const char *name, char *buf, size_t size)
{
    if ((size_t)snprintf(buf, size, "%s/%s", testlib_dir, name) >= size)
        abort();
    return buf;
}

/* NULL, or what fail() has to put away. */
static __attribute__((unused)) void (*before_fail)(void);

__attribute__((noreturn, format(printf, 1, 2))) static inline void fail(const char *fmt, ...)
{
    char line[512] = "fail: ";
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line + 6, sizeof(line) - 7, fmt, ap);
    va_end(ap);
    strcat(line, "\n");
    if (before_fail != NULL)
        before_fail();
    if (write(STDOUT_FILENO, line, strlen(line)) < 0)
        _exit(2);
    _exit(1);
}

__attribute__((noreturn)) static inline void pass(void)
{
    if (write(STDOUT_FILENO, "pass\n", 5) != 5)
        _exit(2);
    _exit(0);
}

/* CHECK(condition, "what is wrong, with %d values", ...) */
#define CHECK(cond, ...)                                                                           \
    do {                                                                                           \
        if (!(cond))                                                                               \
            fail(__VA_ARGS__);                                                                     \
    } while (0)

/* For calls that fail only when the test itself is broken. */
#define MUST(call)                                                                                 \
    ({                                                                                             \
        __typeof__(call) ret_ = (call);                                                            \
        if ((long)ret_ == -1)                                                                      \
            fail("%s:%d: %s: %s", __FILE__, __LINE__, #call, strerror(errno));                     \
        ret_;                                                                                      \
    })

static inline void touch(const char *name)
{
    char path[PATH_MAX + 64];

    close(MUST(open(testlib_path(name, path, sizeof(path)), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)));
}

static inline bool exists(const char *name)
{
    char path[PATH_MAX + 64];

    return access(testlib_path(name, path, sizeof(path)), F_OK) == 0;
}

static inline void ready(void)
{
    touch("ready");
}

/* Sleeps a moment; an interrupted sleep is an error unless the program says that it gets signals of its own. */
static inline void moment(bool signals_expected)
{
    struct timespec t = {0, 5000000};

    if (nanosleep(&t, NULL) != 0 && !signals_expected)
        fail("nanosleep: %s although nobody sent a signal", strerror(errno));
}

static inline void wait_for(const char *name, bool signals_expected)
{
    while (!exists(name))
        moment(signals_expected);
}

static inline void wait_go(void)
{
    wait_for("go", false);
}

/* For a program that gets signals of its own while it waits. */
static inline void wait_go_with_signals(void)
{
    wait_for("go", true);
}

static inline bool sabotaged(void)
{
    return getenv("CKPT_TEST_SABOTAGE") != NULL;
}

/* The raw status of a child, which must end now or later. */
static inline int status_of(pid_t pid)
{
    int status;
    pid_t got = waitpid(pid, &status, 0);

    CHECK(got == pid, "waitpid(%d) = %d: %s", (int)pid, (int)got, strerror(errno));
    return status;
}

static inline void expect_exit(pid_t pid, int want)
{
    int status = status_of(pid);

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == want,
          "child %d ended with wait status 0x%x, not with exit code %d", (int)pid, status, want);
}

/* Waits until another thread (pid, tid) is asleep in the kernel, so that it is seen inside its system call. */
static inline void wait_asleep(pid_t pid, pid_t tid)
{
    char path[64], buf[512];

    snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)tid);
    for (;;) {
        int fd = MUST(open(path, O_RDONLY | O_CLOEXEC));
        ssize_t n = MUST(read(fd, buf, sizeof(buf) - 1));
        char *state;

        close(fd);
        buf[n] = '\0';
        state = strrchr(buf, ')');
        if (state != NULL && state[2] == 'S')
            return;
        CHECK(state == NULL || state[2] != 'Z', "process %d has ended", (int)pid);
        moment(false);
    }
}

static inline double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline pid_t my_tid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

/* A pattern that differs from byte to byte and from seed to seed. */
static inline void fill(void *mem, size_t size, uint64_t seed)
{
    uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
    unsigned char *p = (unsigned char *)mem;

    for (size_t i = 0; i < size; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        p[i] = (unsigned char)(x >> 56);
    }
}

/* The offset of the first wrong byte, or -1. */
static inline long first_wrong(const void *mem, size_t size, uint64_t seed)
{
    uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
    const unsigned char *p = (const unsigned char *)mem;

    for (size_t i = 0; i < size; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        if (p[i] != (unsigned char)(x >> 56))
            return (long)i;
    }
    return -1;
}

#endif
