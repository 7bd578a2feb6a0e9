/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Parallel programs of which only a part is below us: an image of that part would meet ranks that are further, or gone.
 * With the launcher (mpirun) and all ranks below us there is nothing to say against one.
 *
 * Ranks are elsewhere when a process is a client of a batch system that starts programs (srun), when a launcher is
 * connected to another host, whatever it was that started the daemon there, or when we are a rank ourselves. */
#include "capture/blame.h"

#include "common/cleanup.h"
#include "common/parse.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TCP_ESTABLISHED 1
#define ADDRESS_SIZE    48 /* as in /proc/net/tcp: 32 digits, a colon, 4 digits */

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

/* Whatever they start is the batch system's child, also on this host. */
static bool is_remote_starter(const char *name)
{
    static const char *const names[] = {"srun", "aprun", "blaunch", "pbsdsh",
                                        "qrsh", "jsrun", NULL};

    return is_among(name, names);
}

static bool is_launcher(const char *name)
{
    static const char *const names[] = {"mpirun",       "mpiexec",         "orterun",
                                        "prterun",      "mpiexec.hydra",   "hydra_pmi_proxy",
                                        "mpirun.mpich", "mpirun.openmpi",  "mpiexec.mpich",
                                        "orted",        "mpiexec.openmpi", NULL};

    return is_among(name, names);
}

/* ---- connections to other hosts ---- */

/* One line of /proc/PID/net/tcp or tcp6. */
struct connection {
    char local[ADDRESS_SIZE], remote[ADDRESS_SIZE];
    uint64_t inode;
};

static bool connection_parse(const char *line, struct connection *ret)
{
    unsigned state;

    return sscanf(line, " %*u: %47s %47s %x %*s %*s %*s %*u %*u %" SCNu64, ret->local, ret->remote,
                  &state, &ret->inode) == 4 &&
           state == TCP_ESTABLISHED;
}

/* Of a connection within this host the kernel lists both ends. */
static bool is_listed(FILE *file, const struct connection *wanted)
{
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    struct connection other;

    rewind(file);
    while (!found && getline(&line, &room, file) > 0)
        found = connection_parse(line, &other) && strcmp(other.local, wanted->remote) == 0 &&
                strcmp(other.remote, wanted->local) == 0;
    free(line);
    return found;
}

static bool leads_elsewhere(pid_t pid, const char *table, uint64_t inode)
{
    char path[64], *line = NULL;
    size_t room = 0;
    struct connection connection;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)pid, table);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (!found && getline(&line, &room, file) > 0)
        found = connection_parse(line, &connection) && connection.inode == inode;
    found = found && !is_listed(file, &connection);
    free(line);
    fclose(file);
    return found;
}

static bool is_connected_elsewhere(pid_t pid)
{
    char path[64], target[64];
    struct dirent *entry;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    cleanup_dir DIR *dir = opendir(path);
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        ssize_t length = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
        uint64_t inode;
        if (length <= 0)
            continue;
        target[length] = 0;
        found = sscanf(target, "socket:[%" SCNu64 "]", &inode) == 1 &&
                (leads_elsewhere(pid, "tcp", inode) || leads_elsewhere(pid, "tcp6", inode));
    }
    return found;
}

/* ---- ranks ---- */

static uint64_t number_of(const char *variable)
{
    const char *text = getenv(variable);
    uint64_t value;

    return text != NULL && parse_unsigned(text, UINT32_MAX, &value) == 0 ? value : 0;
}

/* How many ranks there are when a launcher has started us as one of them; else 0. */
static uint64_t ranks_beside_us(void)
{
    uint64_t size = number_of("OMPI_COMM_WORLD_SIZE");

    if (size == 0)
        size = number_of("PMI_SIZE");
    if (size == 0 && (getenv("PMIX_RANK") != NULL || getenv("PMI_FD") != NULL))
        size = number_of("SLURM_STEP_NUM_TASKS");
    return size > 1 ? size : 0;
}

/* Others that were started side by side have nothing to do with one another. libmpi.so, libmpich.so, libmpi_cray.so. */
static bool is_mpi_program(pid_t pid)
{
    return maps_mention(pid, "/libmpi");
}

bool parallel_blame(const struct tree_process *process, char reason[BLAME_SIZE])
{
    uint64_t ranks;

    if (is_remote_starter(process->name)) {
        snprintf(reason, BLAME_SIZE,
                 "starts processes by way of the batch system, not below itself: no image has "
                 "them (on one node, mpirun needs no %s)",
                 process->name);
        return true;
    }
    if (is_launcher(process->name) && is_connected_elsewhere(process->task)) {
        snprintf(reason, BLAME_SIZE,
                 "has ranks on other hosts: no image has them (only jobs on one node can be "
                 "checkpointed)");
        return true;
    }
    ranks = ranks_beside_us();
    if (ranks > 0 && is_mpi_program(process->task)) {
        snprintf(reason, BLAME_SIZE,
                 "is one of %" PRIu64 " ranks that were started outside of ckpt run: put that "
                 "before the launcher (ckpt run mpirun ...)",
                 ranks);
        return true;
    }
    return false;
}
