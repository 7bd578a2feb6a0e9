/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The slow half of a checkpoint, in a thread of its own: reads the snapshots and makes the generation durable. It
 * touches nothing but its job. */
#include "supervisor/writer.h"

#include "capture/memory.h"
#include "capture/snapshot.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "store/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGE (8 << 20) /* files whose blocks are summed up, which several threads can do */

static int file_add(struct writer_job *job, const char *name)
{
    uint64_t size, sum;
    struct stat status;
    cleanup_fd int fd = openat(job->dirfd, name, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 || fstat(fd, &status) < 0 ? -errno : 0;

    if (error == 0 && status.st_size >= LARGE) {
        error = checksum_blocks_fd(fd, (uint64_t)status.st_size, &size, &sum);
        if (error == 0)
            error = manifest_add_content(&job->manifest, name, size, sum, true);
    } else if (error == 0) {
        error = checksum_fd(fd, &size, &sum);
        if (error == 0)
            error = manifest_add_file(&job->manifest, name, size, sum);
    }
    if (error < 0)
        return ckpt_error_set(&job->err, -error, "check '%s': %s", name, strerror(-error));
    return 0;
}

/* The memory of the processes, which has been summed up as it was written. */
static bool is_listed(const struct writer_job *job, const char *name)
{
    for (size_t i = 0; i < job->source_count && i < job->manifest.file_count; i++) {
        if (strcmp(job->manifest.files[i].name, name) == 0)
            return true;
    }
    return false;
}

static int files_add(struct writer_job *job)
{
    struct dirent *entry;
    int error = 0;
    cleanup_dir DIR *dir = fdopendir(fcntl(job->dirfd, F_DUPFD_CLOEXEC, 0));

    if (dir == NULL)
        return ckpt_error_errno(&job->err, "list the generation");
    rewinddir(dir);
    while (error == 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' && !is_listed(job, entry->d_name) &&
            strncmp(entry->d_name, CONTENT_PREFIX, strlen(CONTENT_PREFIX)) != 0)
            error = file_add(job, entry->d_name);
    }
    return error;
}

static int size_check(struct writer_job *job)
{
    uint64_t size = manifest_bytes(&job->manifest);

    if (job->max_size == 0 || size <= job->max_size)
        return 0;
    return ckpt_error_set(&job->err, EFBIG, "it takes %llu MiB, %s allows %llu MiB",
                          (unsigned long long)(size >> 20), job->max_size_name,
                          (unsigned long long)(job->max_size >> 20));
}

static int memory_write(struct writer_job *job)
{
    struct catalog_index *index = catalog_index_new(&job->files.catalog);
    struct memory_files files = {.index = index, .workdir = job->files.files->workdir};
    int error = index == NULL ? ckpt_error_set(&job->err, ENOMEM, "no memory") : 0;

    for (size_t i = 0; i < job->source_count; i++)
        snapshot_give_way(job->sources[i].snapshot);
    for (size_t i = 0; error == 0 && i < job->source_count; i++)
        error = capture_memory(job->sources[i].snapshot, job->sources[i].inner, &job->tree, &files,
                               job->dirfd, &job->manifest, &job->err);
    catalog_index_free(index);
    return error;
}

static int generation_write(struct writer_job *job)
{
    int error = memory_write(job);

    if (error == 0)
        error = tree_image_write(&job->tree, job->dirfd, &job->err);
    if (error == 0)
        error = files_write(&job->files, &job->manifest, &job->err);
    if (error == 0)
        error = files_add(job);
    if (error == 0)
        error = size_check(job);
    for (int i = 0; error == 0 && i < 2; i++) {
        if (job->records[i] >= 0 && fdatasync(job->records[i]) < 0)
            error = ckpt_error_errno(&job->err, "sync the copy of the output");
    }
    return error;
}

void writer_run(struct writer_job *job)
{
    uint64_t started = clock_monotonic_ms();

    job->result = generation_write(job);
    job->write_seconds = (double)(clock_monotonic_ms() - started) / 1000;
    job->manifest.write_seconds = job->write_seconds;
    if (job->result == 0)
        job->result =
            generation_commit(job->store, job->generation, job->dirfd, &job->manifest, &job->err);
    if (job->result < 0)
        generation_abandon(job->store, job->generation);
    for (size_t i = 0; job->result == -EOWNERDEAD && i < job->source_count; i++)
        job->snapshots_killed += snapshot_was_killed(job->sources[i].snapshot);
}

void writer_job_free(struct writer_job *job)
{
    if (job == NULL)
        return;
    tree_image_free(&job->tree);
    files_job_free(&job->files);
    manifest_free(&job->manifest);
    free(job->sources);
    for (int i = 0; i < 2; i++) {
        if (job->records[i] >= 0)
            close(job->records[i]);
    }
    if (job->dirfd >= 0)
        close(job->dirfd);
    free(job);
}
