/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The bare form, LD_PRELOAD=libckpt.so ./a.out: no coordinator is named in the environment, so the first process
 * starts one, `ckpt coordinator`, from the folder that the library lies in. Runs in the constructor, while the
 * program has one thread. */
#include "preload/exec_environment.h"
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ __attribute__((weak));

static void name_make(char *buffer, size_t size)
{
    unsigned char random[16];
    char digit[2] = {0};

    text_append(buffer, size, "ckpt-");
    raw3(SYS_getrandom, random, sizeof(random), 0);
    for (size_t i = 0; i < 2 * sizeof(random); i++) {
        unsigned value = i % 2 == 0 ? random[i / 2] >> 4 : random[i / 2] & 15;
        digit[0] = "0123456789abcdef"[value];
        text_append(buffer, size, digit);
    }
}

/* In a grandchild, so that the program has no child it did not make. Says "ready" by closing the pipe after one byte. */
static __attribute__((noreturn)) void coordinator_exec(const char *program, int ready)
{
    char pid[24] = "", fd[24] = "";
    const char *arguments[] = {"ckpt", "coordinator", preload.coordinator + 5, pid, fd, NULL};
    char *environment[64];
    size_t count = 0;

    for (char **entry = environ; entry != NULL && *entry != NULL && count < 63; entry++) {
        if (text_after(*entry, "LD_PRELOAD=") == NULL)
            environment[count++] = *entry;
    }
    environment[count] = NULL;
    text_append_number(pid, sizeof(pid), (unsigned long)preload.pid);
    text_append_number(fd, sizeof(fd), (unsigned long)ready);
    raw0(SYS_setsid);
    raw3(SYS_execve, program, arguments, environment);
    for (;;)
        raw1(SYS_exit_group, 127);
}

static bool coordinator_await(const char *program)
{
    int ends[2];
    char byte = 0;

    if (raw2(SYS_pipe2, ends, 0) < 0)
        return false;
    long child = raw5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        raw1(SYS_close, ends[0]);
        if (raw5(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0)
            coordinator_exec(program, ends[1]);
        for (;;)
            raw1(SYS_exit_group, 0);
    }
    raw1(SYS_close, ends[1]);
    if (child > 0)
        raw4(SYS_wait4, child, NULL, 0, NULL);
    long got = raw3(SYS_read, ends[0], &byte, 1);
    raw1(SYS_close, ends[0]);
    return got == 1 && byte == 'r';
}

bool coordinator_start(void)
{
    char program[1100] = "";
    int (*set)(const char *, const char *, int) = next_symbol("setenv");
    size_t length = text_length(library_path());

    /* A process of a tree whose environment was emptied on purpose must not become the root of another. */
    if (length < 10 || set == NULL)
        return false;
    text_append(program, sizeof(program), library_path());
    program[length - 10] = 0;
    text_append(program, sizeof(program), "ckpt");
    preload.pid = (int)raw0(SYS_getpid);
    name_make(preload.coordinator, sizeof(preload.coordinator));
    if (!coordinator_await(program))
        return false;
    set("CKPT_COORDINATOR", preload.coordinator, 1);
    exec_environment_coordinator(preload.coordinator);
    return true;
}
