/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Where a filesystem has no locks (Lustre mounted without them, NFS without its lock daemon): the
 * holder of DIR/lease touches it every second, and whoever wants it looks how old it is, by the
 * clock of the file server. A holder on this host can be looked at himself as well.
 *
 * To look and then to write one's name is no single step. Whoever does both holds DIR/.claim, a file
 * that can only be made by one; it is there for a moment, and one that got old was left by somebody
 * who was killed. */
#include "store/lease_age.h"

#include "common/cleanup.h"
#include "store/document.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLAIM_NAME    ".claim"
#define CLAIM_SECONDS 10 /* in which whoever claims has looked and written */
#define SURE_SECONDS  3  /* in which a holder that lives has touched it */
#define STALE_SECONDS 60 /* in which even one that reads or writes a large image has */

bool lease_locks_are_missing(int error)
{
    return error == ENOSYS || error == ENOLCK || error == EOPNOTSUPP;
}

/* Negative when it cannot be told. */
static time_t server_now(int dirfd)
{
    char name[32];
    struct stat status;

    snprintf(name, sizeof(name), ".now-%d", (int)getpid());
    cleanup_fd int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    bool told = futimens(fd, NULL) == 0 && fstat(fd, &status) == 0;
    unlinkat(dirfd, name, 0);
    return told ? status.st_mtime : -1;
}

bool lease_holder_is_dead(const char *host, uint64_t pid)
{
    char here[HOST_NAME_MAX + 1] = "";

    gethostname(here, sizeof(here) - 1);
    return strcmp(host, here) == 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

bool lease_is_held_by_age(struct store *store, const char *name)
{
    cleanup_json json_object *document = NULL;
    cleanup_free char *host = NULL;
    struct stat status;
    uint64_t pid;

    if (fstatat(store->dirfd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || status.st_size == 0)
        return false;
    time_t now = server_now(store->dirfd);
    if (now < 0 || now - status.st_mtime <= SURE_SECONDS)
        return true;
    if (now - status.st_mtime > STALE_SECONDS)
        return false;
    return document_read(store->dirfd, name, LEASE_LIMIT, "lease", &document, NULL) < 0 ||
           document_string(document, "host", "lease", &host, NULL) < 0 ||
           document_unsigned(document, "pid", "lease", INT_MAX, &pid, NULL) < 0 ||
           !lease_holder_is_dead(host, pid);
}

bool lease_claim(struct store *store)
{
    struct stat status;
    cleanup_fd int fd = openat(store->dirfd, CLAIM_NAME,
                               O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0)
        return true;
    if (fstatat(store->dirfd, CLAIM_NAME, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        server_now(store->dirfd) - status.st_mtime > CLAIM_SECONDS)
        unlinkat(store->dirfd, CLAIM_NAME, 0);
    return false;
}

void lease_unclaim(struct store *store)
{
    unlinkat(store->dirfd, CLAIM_NAME, 0);
}
