/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The first start of a tree: no namespace, no privilege, nothing but environment and pipes. The session of its own
 * keeps a Ctrl-C of the terminal from the tree; it comes to us, and the tree ends after its final checkpoint. */
#include "supervisor/launch.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "files/notes.h"
#include "supervisor/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int launch_library(char *path, size_t size, struct ckpt_error *err)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);

    if (length < 0)
        return ckpt_error_errno(err, "find where ckpt lies");
    path[length] = 0;
    char *slash = strrchr(path, '/');
    if ((size_t)(slash - path) + sizeof("/libckpt.so") > size)
        return ckpt_error_set(err, ENAMETOOLONG, "the path of ckpt is too long");
    strcpy(slash, "/libckpt.so");
    if (strpbrk(path, " :") != NULL)
        return ckpt_error_set(err, EINVAL,
                              "'%s' cannot be preloaded: its path holds a blank or a colon", path);
    if (access(path, R_OK) < 0)
        return ckpt_error_errno(err, "read '%s'", path);
    return 0;
}

static int environment_set(const struct coordinator *coordinator, int checkpoint_signal,
                           bool dedicated, uint64_t outside, const char *library)
{
    char name[TASK_SOCKET_SIZE], text[PATH_MAX * 2];
    const char *before = getenv("LD_PRELOAD");
    int error = 0;

    task_socket_name(coordinator->task, name);
    snprintf(text, sizeof(text), "%s%s%s", library, before != NULL && *before != 0 ? ":" : "",
             before != NULL ? before : "");
    error |= setenv("LD_PRELOAD", text, 1);
    error |= setenv("CKPT_COORDINATOR", name, 1);
    /* The number tells a process that cannot reach us whether it could. */
    struct stat network = {.st_ino = 1};
    if (stat("/proc/self/ns/net", &network) < 0)
        network.st_ino = 1;
    snprintf(text, sizeof(text), "%llu:%llx", (unsigned long long)network.st_ino,
             (unsigned long long)outside);
    error |= setenv("CKPT_SUPERVISED", text, 1);
    snprintf(text, sizeof(text), "%d", checkpoint_signal);
    error |= setenv("CKPT_SIGNAL", text, 1);
    snprintf(text, sizeof(text), "%s/" NOTES_NAME, coordinator->store->path);
    error |= setenv("CKPT_NOTES", text, 1);
    error |= dedicated ? setenv("CKPT_DEDICATED", coordinator->task->workdir, 1)
                       : unsetenv("CKPT_DEDICATED");
    return error;
}

/* In the memory of its parent, which waits until the command has taken its place. */
static __attribute__((noreturn)) void child_run(const struct output *output, char *const argv[],
                                                const sigset_t *mask, volatile int *failure)
{
    setsid();
    int error = -terminal_child_enter(output);
    if (output->out.write_end >= 0)
        dup2(output->out.write_end, STDOUT_FILENO);
    if (output_error_end(output) >= 0 && !output->is_terminal[STDERR_FILENO])
        dup2(output_error_end(output), STDERR_FILENO);
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (error == 0) {
        execvp(argv[0], argv);
        error = errno;
    }
    *failure = error;
    _exit(127);
}

int launch_tree(struct coordinator *coordinator, struct output *output, char *const argv[],
                int checkpoint_signal, uint64_t outside, bool dedicated, const sigset_t *mask,
                struct ckpt_error *err)
{
    char library[PATH_MAX];
    volatile int failure = 0;

    if (launch_library(library, sizeof(library), err) < 0)
        return -EINVAL;
    if (environment_set(coordinator, checkpoint_signal, dedicated, outside, library) != 0)
        return ckpt_error_set(err, ENOMEM, "no memory for the environment");
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return ckpt_error_errno(err, "prepare to start '%s'", argv[0]);
    pid_t pid = vfork();
    if (pid == 0)
        child_run(output, argv, mask, &failure);
    if (pid < 0)
        return ckpt_error_errno(err, "start '%s'", argv[0]);
    if (failure != 0)
        return ckpt_error_set(err, failure, "run '%s': %s", argv[0], strerror(failure));
    coordinator->mode = TREE_CHILD;
    coordinator->root_outer = coordinator->root_inner = pid;
    coordinator->parent = getpid();
    coordinator->session = getsid(0);
    output_handed_over(output);
    return 0;
}
