/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What the three kinds of System V objects have in common: finding those of the tree, getting their old ids, and the
 * helper that enters the namespace of a capsule. A helper, because nobody comes back out of a user namespace. */
#include "objects/system_v.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "objects/system_v_rows.h"
#include "proc/mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *next_id;
    int (*save)(struct image_system_v *ret, int out);
    int (*make)(const struct image_system_v *object);
    int (*fill)(const struct image_system_v *object, int from);
} kinds[SYSTEM_V_KINDS] = {
    [SYSTEM_V_SEMAPHORES] = {"/proc/sys/kernel/sem_next_id", semaphores_save, semaphores_make,
                             semaphores_fill},
    [SYSTEM_V_QUEUE] = {"/proc/sys/kernel/msg_next_id", message_queue_save, message_queue_make,
                        message_queue_fill},
    [SYSTEM_V_SEGMENT] = {"/proc/sys/kernel/shm_next_id", segment_save, segment_make, segment_fill},
};

/* ---- data files ---- */

int part_append(int fd, int64_t number, const void *data, uint64_t size)
{
    uint64_t head[2] = {(uint64_t)number, size};

    if (write_full(fd, head, sizeof(head)) < 0 || write_full(fd, data, size) < 0)
        return -errno;
    return 0;
}

int part_next(int fd, int64_t *ret_number, void **ret_data, uint64_t *ret_size, uint64_t limit)
{
    uint64_t head[2];
    ssize_t got = read_full(fd, head, sizeof(head));

    if (got <= 0)
        return got < 0 ? -errno : 0;
    if (got != sizeof(head) || head[1] > limit)
        return -EBADMSG;
    *ret_data = malloc(head[1] + 1);
    if (*ret_data == NULL)
        return -ENOMEM;
    *ret_number = (int64_t)head[0];
    *ret_size = head[1];
    return read_full(fd, *ret_data, head[1]) == (ssize_t)head[1] ? 1 : -EBADMSG;
}

/* ---- the namespace ---- */

static bool is_other(pid_t init, const char *name, int *ret_fd)
{
    struct stat here, there;
    char path[64], own[32];

    snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)init, name);
    snprintf(own, sizeof(own), "/proc/self/ns/%s", name);
    *ret_fd = -1;
    if (init <= 0 || stat(path, &there) < 0 || stat(own, &here) < 0 || here.st_ino == there.st_ino)
        return false;
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC);
    return true;
}

/* 1: the capsule's own, 0: it has none, or -errno. */
static int namespace_enter(pid_t init)
{
    int user, ipc;
    bool other_ipc = is_other(init, "ipc", &ipc), other_user = is_other(init, "user", &user);

    if (!other_ipc)
        return 0;
    if (other_user && setns(user, CLONE_NEWUSER) < 0)
        return -errno;
    return setns(ipc, CLONE_NEWIPC) < 0 ? -errno : 1;
}

/* ---- whose is it ---- */

static bool is_attached(const struct process_tree *processes, int id)
{
    for (size_t i = 0; i < processes->count; i++) {
        struct mappings mappings = {0};
        bool found = false;
        if (mappings_read(processes->processes[i].task, &mappings, NULL) == 0) {
            for (size_t j = 0; !found && j < mappings.count; j++)
                found = mappings.list[j].device == IMAGE_SEGMENT_DEVICE &&
                        mappings.list[j].inode == (uint64_t)id;
        }
        mappings_free(&mappings);
        if (found)
            return true;
    }
    return false;
}

static bool is_alive(pid_t pid)
{
    struct tree_process process;

    return pid > 0 && tree_process_read(pid, &process) == 0 && !tree_process_is_dead(&process);
}

static bool is_known(const struct system_v_known *known, const struct system_v_row *row)
{
    for (size_t i = 0; i < known->count; i++) {
        if (known->list[i].kind == row->kind && known->list[i].id == row->id &&
            known->list[i].key == row->key)
            return true;
    }
    return false;
}

/* Whether the library has seen it being made. */
static bool is_noted(const struct system_v_row *row, int notes)
{
    struct system_v_note note;

    if (notes < 0 || lseek(notes, 0, SEEK_SET) < 0)
        return false;
    while (read_full(notes, &note, sizeof(note)) == sizeof(note)) {
        if (note.kind == (int32_t)row->kind && note.id == row->id && note.key == row->key)
            return true;
    }
    return false;
}

/* Of what the host has. Something that a living process outside has made is not ours to take along. */
static bool is_of_tree(const struct system_v_row *row, const struct process_tree *processes,
                       const struct system_v_known *known, int notes)
{
    if (row->creator_uid != geteuid() && geteuid() != 0)
        return false;
    if (is_known(known, row) || is_noted(row, notes) || system_v_creator(row, processes) != NULL)
        return true;
    if (is_alive((pid_t)row->creator))
        return false;
    if (system_v_last_user(row, processes) != NULL)
        return true;
    return row->kind == SYSTEM_V_SEGMENT && is_attached(processes, row->id);
}

/* ---- saving ---- */

/* What the helper has found, one struct each, the last with this instead of a kind. */
#define NO_MORE SYSTEM_V_KINDS

static int object_save(const struct system_v_row *row, bool own, int dirfd, int answer)
{
    struct image_system_v object = {.kind = row->kind,
                                    .id = row->id,
                                    .key = row->key,
                                    .creator = (pid_t)row->creator,
                                    .outside = !own};

    snprintf(object.data, sizeof(object.data), "system-v-%d-%d.data", (int)row->kind, row->id);
    cleanup_fd int out = openat(dirfd, object.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = out < 0 ? -errno : kinds[row->kind].save(&object, out);
    if (error < 0) {
        unlinkat(dirfd, object.data, 0);
        /* One of the host's stays there, and a warning names it. */
        return own && error != -ENOTSUP ? error : 0;
    }
    return write_full(answer, &object, sizeof(object)) < 0 ? -errno : 0;
}

static int kind_save(enum system_v_kind kind, const struct process_tree *processes, bool own,
                     const struct system_v_known *known, int notes, int dirfd, int answer)
{
    char line[512];
    int error = 0;
    FILE *file = system_v_table(kind);

    while (file != NULL && error == 0 && fgets(line, sizeof(line), file) != NULL) {
        struct system_v_row row;
        if (system_v_row_parse(line, kind, &row) &&
            (own || is_of_tree(&row, processes, known, notes)))
            error = object_save(&row, own, dirfd, answer);
    }
    if (file != NULL)
        fclose(file);
    return error;
}

static __attribute__((noreturn)) void save_main(const struct process_tree *processes, pid_t init,
                                                const struct system_v_known *known, int notes,
                                                int dirfd, int answer)
{
    struct image_system_v last = {.kind = NO_MORE};
    int entered = namespace_enter(init), error = entered < 0 ? entered : 0;

    for (int kind = 0; error == 0 && kind < SYSTEM_V_KINDS; kind++)
        error = kind_save((enum system_v_kind)kind, processes, entered > 0, known, notes, dirfd,
                          answer);
    last.id = -error;
    _exit(write_full(answer, &last, sizeof(last)) < 0);
}

static int known_keep(struct system_v_known *known, const struct tree_image *tree)
{
    struct image_system_v *list = calloc(tree->system_v_count + 1, sizeof(*list));

    if (list == NULL)
        return -ENOMEM;
    if (tree->system_v_count > 0)
        memcpy(list, tree->system_v, tree->system_v_count * sizeof(*list));
    free(known->list);
    *known = (struct system_v_known){.list = list, .count = tree->system_v_count};
    return 0;
}

static int answers_read(struct tree_image *tree, int from)
{
    struct image_system_v object;

    while (read_full(from, &object, sizeof(object)) == sizeof(object)) {
        if (object.kind == NO_MORE)
            return -object.id;
        struct image_system_v *added = tree_image_add_system_v(tree);
        if (added == NULL)
            return -ENOMEM;
        *added = object;
    }
    return -ECHILD;
}

int system_v_save(struct tree_image *tree, const struct process_tree *processes, pid_t init,
                  struct system_v_known *known, int store, int dirfd, struct ckpt_error *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return ckpt_error_errno(err, "make a pipe");
    cleanup_fd int from = ends[0];
    cleanup_fd int notes = openat(store, SYSTEM_V_NOTES, O_RDONLY | O_CLOEXEC);
    pid_t helper = fork();
    if (helper == 0)
        save_main(processes, init, known, notes, dirfd, ends[1]);
    close(ends[1]);
    if (helper < 0)
        return ckpt_error_errno(err, "start a helper");
    int error = answers_read(tree, from);
    close(steal_fd(&from)); /* it may be writing still */
    waitpid(helper, NULL, 0);
    if (error == 0)
        error = known_keep(known, tree);
    return error < 0 ? ckpt_error_set(err, -error, "save System V objects: %s", strerror(-error))
                     : 0;
}

/* ---- restoring ---- */

static int next_id_set(const struct image_system_v *object)
{
    char text[16];
    cleanup_fd int fd = open(kinds[object->kind].next_id, O_WRONLY | O_CLOEXEC);

    snprintf(text, sizeof(text), "%d", object->id);
    return fd < 0 || write_full(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int system_v_restore(const struct tree_image *tree, int dirfd, struct ckpt_error *err)
{
    for (size_t i = 0; i < tree->system_v_count; i++) {
        const struct image_system_v *object = &tree->system_v[i];
        cleanup_fd int from = openat(dirfd, object->data, O_RDONLY | O_CLOEXEC);
        int error = from < 0 ? -errno : next_id_set(object);
        int id = error == 0 ? kinds[object->kind].make(object) : -1;
        if (error == 0 && id < 0)
            error = -errno;
        if (error == 0 && id != object->id)
            error = -EEXIST;
        if (error == 0)
            error = kinds[object->kind].fill(object, from);
        if (error < 0)
            return ckpt_error_set(err, -error, "make System V %s %d again: %s",
                                  system_v_name(object->kind), object->id, strerror(-error));
    }
    return 0;
}

/* ---- afterwards ---- */

static void semaphores_remove(const struct image_system_v *object)
{
    struct semid_ds status;
    union {
        struct semid_ds *status;
    } argument = {&status};

    if (semctl(object->id, 0, IPC_STAT, argument) < 0 || status.sem_ctime != object->changed ||
        status.sem_perm.__key != object->key || status.sem_nsems != object->size)
        return;
    for (unsigned i = 0; i < object->size; i++) {
        if (is_alive(semctl(object->id, (int)i, GETPID)))
            return;
    }
    semctl(object->id, 0, IPC_RMID);
}

static void queue_remove(const struct image_system_v *object)
{
    struct msqid_ds status;

    if (msgctl(object->id, IPC_STAT, &status) == 0 && status.msg_ctime == object->changed &&
        status.msg_perm.__key == object->key && !is_alive(status.msg_lspid) &&
        !is_alive(status.msg_lrpid))
        msgctl(object->id, IPC_RMID, NULL);
}

static void segment_remove(const struct image_system_v *object)
{
    struct shmid_ds status;

    if (shmctl(object->id, IPC_STAT, &status) == 0 && status.shm_ctime == object->changed &&
        status.shm_perm.__key == object->key && status.shm_cpid == object->creator &&
        status.shm_nattch == 0 && !is_alive(status.shm_cpid))
        shmctl(object->id, IPC_RMID, NULL);
}

static void leftover_remove(const struct image_system_v *object)
{
    if (!object->outside)
        return;
    if (object->kind == SYSTEM_V_SEMAPHORES)
        semaphores_remove(object);
    else if (object->kind == SYSTEM_V_QUEUE)
        queue_remove(object);
    else
        segment_remove(object);
}

static __attribute__((noreturn)) void settle_main(const struct tree_image *tree, pid_t init)
{
    if (namespace_enter(init) <= 0)
        _exit(1);
    for (size_t i = 0; i < tree->system_v_count; i++) {
        const struct image_system_v *object = &tree->system_v[i];
        if (object->kind == SYSTEM_V_SEGMENT && (object->mode & SHM_DEST) != 0 &&
            shmctl(object->id, IPC_RMID, NULL) < 0)
            _exit(1);
    }
    _exit(0);
}

int system_v_settle(const struct tree_image *tree, pid_t init, struct ckpt_error *err)
{
    int status = 0;

    if (tree->system_v_count == 0)
        return 0;
    pid_t helper = fork();
    if (helper == 0)
        settle_main(tree, init);
    if (helper < 0 || waitpid(helper, &status, 0) != helper)
        return ckpt_error_errno(err, "start a helper");
    if (status != 0)
        return ckpt_error_set(err, EPERM, "the System V objects of the capsule are out of reach");
    for (size_t i = 0; i < tree->system_v_count; i++)
        leftover_remove(&tree->system_v[i]);
    return 0;
}
