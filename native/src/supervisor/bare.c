/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * `ckpt coordinator ID PID FD`: the coordinator of a tree that nobody supervises, started by the library itself when a
 * program is run as LD_PRELOAD=libckpt.so ./a.out. Output goes where it goes; the tree outlives us. */
#include "common/io.h"
#include "common/log.h"
#include "common/parse.h"
#include "proc/process_tree.h"
#include "store/generation.h"
#include "supervisor/exit_codes.h"
#include "supervisor/session.h"
#include "supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COMMAND_LINE_LIMIT (1 << 20)

/* The argument vector of a process, NULL-terminated, in one block that the caller frees, or NULL. */
static char **command_line(pid_t pid)
{
    char path[64];
    static char text[COMMAND_LINE_LIMIT];

    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    size_t count = 0;
    for (ssize_t i = 0; i < size; i++)
        count += text[i] == 0;
    char **argv = count == 0 ? NULL : calloc(count + 1, sizeof(*argv));
    char *at = text;
    for (size_t i = 0; argv != NULL && i < count; i++) {
        argv[i] = at;
        at += strlen(at) + 1;
    }
    return argv;
}

static int task_make(struct session *session, const char *id, struct ckpt_error *err)
{
    char cwd[PATH_MAX];
    char **argv = command_line(session->coordinator.root_outer);

    if (argv == NULL || getcwd(cwd, sizeof(cwd)) == NULL)
        return ckpt_error_errno(err, "look at process %d", (int)session->coordinator.root_outer);
    int error = task_init(&session->task, argv, cwd, err);
    free(argv);
    memcpy(session->task.id, id, sizeof(session->task.id));
    return error;
}

static int bare_open(struct session *session, const char *id, struct ckpt_error *err)
{
    int error = task_make(session, id, err); /* first: messages name it */

    if (error == 0)
        error = store_create(session->options.dir, &session->store, err);
    if (error == 0)
        error = store_lease_acquire(session->store, 0, &session->coordinator.lease_fd, err);
    if (error == 0)
        error = status_init(&session->status, err);
    if (error == 0)
        error = generation_remove_all(session->store, err);
    if (error == 0)
        error = task_write(session->store, &session->task, false, err);
    if (error == 0)
        error = status_write(session->store, &session->status, err);
    if (error == 0)
        error = notes_cut(session->store->dirfd, 0, err);
    if (error == 0)
        error = session_files_open(session, session->task.workdir, err);
    session->coordinator.store = session->store;
    session->coordinator.task = &session->task;
    session->coordinator.status = &session->status;
    session->checkpoint.coordinator = &session->coordinator;
    session->checkpoint.run_from = session->task.workdir;
    if (error == 0)
        error = coordinator_open(&session->coordinator, err);
    return error == 0 ? session_watch(session, err) : error;
}

static int tree_find(struct session *session, struct ckpt_error *err)
{
    struct tree_process root, parent;
    struct coordinator *coordinator = &session->coordinator;

    if (tree_process_read(coordinator->root_outer, &root) < 0)
        return ckpt_error_set(err, ESRCH, "process %d has gone", (int)coordinator->root_outer);
    coordinator->mode = TREE_BARE;
    coordinator->root_inner = coordinator->root_outer;
    coordinator->parent = root.outer_parent > 0 ? root.outer_parent : 1;
    if (root.inner_session != root.inner && tree_process_read(root.outer_parent, &parent) == 0)
        coordinator->session = root.inner_session;
    session->root.fd = (int)syscall(SYS_pidfd_open, coordinator->root_outer, 0);
    return session->root.fd < 0 ? ckpt_error_errno(err, "watch process %d", (int)root.outer) : 0;
}

/* The program's constructor waits for this; afterwards its streams are none of our business. */
static void ready_say(int fd)
{
    int null = open("/dev/null", O_RDWR);

    for (int i = 0; i < 3 && null >= 0; i++)
        dup2(null, i);
    if (null > 2)
        close(null);
    if (write_full(fd, "r", 1) < 0)
        ckpt_info("the program did not wait for its coordinator");
    close(fd);
}

int supervisor_coordinate(const char *id, pid_t pid, int ready, struct run_options *options)
{
    struct session session;
    struct ckpt_error err = {0};

    session_init(&session);
    session.coordinator.root_outer = pid;
    session.options = *options;
    *options = (struct run_options){0};
    int error =
        id_is_valid(id) ? 0 : ckpt_error_set(&err, EINVAL, "the coordinator's id is '%s'", id);
    if (error == 0)
        error = tree_find(&session, &err);
    if (error == 0)
        error = bare_open(&session, id, &err);
    if (error < 0) {
        ckpt_warn("%s; '%s' runs without checkpoints", err.message,
                  session.task.argv != NULL ? session.task.argv[0] : "the program");
        return EXIT_USAGE;
    }
    ready_say(ready);
    int status = session_loop(&session);
    session_close(&session);
    return status;
}
