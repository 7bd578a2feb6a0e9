/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A process that was being started when its supervisor was killed holds no lease yet and lives for an instant more, in
 * which it must not write into the files of the next incarnation. It is known by its environment, which names the
 * coordinator. One that the supervisor has taken leave of says so there and stays. Called with the lease held. */
#include "supervisor/remains.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/log.h"
#include "supervisor/coordinator.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENVIRONMENT_MAX (1 << 20)
#define END_DEADLINE_MS 2000

/* The value of NAME= in the NUL-separated list, or NULL. */
static const char *value_find(const char *list, size_t size, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = list; at < list + size; at += strlen(at) + 1) {
        if (strncmp(at, name, length) == 0)
            return at + length;
    }
    return NULL;
}

static bool is_remainder(int proc, const char *pid, const char *name, char *buffer)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/environ", pid);
    cleanup_fd int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read_full(fd, buffer, ENVIRONMENT_MAX - 1);
    if (got <= 0)
        return false;
    buffer[got] = 0;
    const char *coordinator = value_find(buffer, (size_t)got, "CKPT_COORDINATOR=");
    const char *supervised = value_find(buffer, (size_t)got, "CKPT_SUPERVISED=");
    return coordinator != NULL && strcmp(coordinator, name) == 0 && supervised != NULL &&
           *supervised != '0';
}

static void process_end(pid_t pid)
{
    cleanup_fd int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd end = {.fd = fd, .events = POLLIN};

    kill(pid, SIGKILL);
    ckpt_info("process %d of a supervisor that has died has been ended", (int)pid);
    if (fd >= 0)
        poll(&end, 1, END_DEADLINE_MS);
}

void remains_end(const struct task *task)
{
    char name[TASK_SOCKET_SIZE];
    cleanup_free char *buffer = malloc(ENVIRONMENT_MAX);
    cleanup_dir DIR *dir = opendir("/proc");
    struct dirent *entry;

    task_socket_name(task, name);
    while (buffer != NULL && dir != NULL && (entry = readdir(dir)) != NULL) {
        pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
        if (pid > 0 && pid != getpid() && is_remainder(dirfd(dir), entry->d_name, name, buffer))
            process_end(pid);
    }
}
