/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_MEMORY_WATCH_H
#define CKPT_SUPERVISOR_MEMORY_WATCH_H

/* How near the tree is to the memory limit of its control group. The kernel ends it there with SIGKILL, which leaves no
 * time for anything. */

#include <stdbool.h>
#include <stdint.h>

struct memory_watch {
    int usage, stat; /* files of the group whose limit is nearest; -1: there is none */
    int events;      /* where the group counts whom the kernel has ended; -1: nowhere */
    uint64_t kills_before;
    bool sought;        /* the limit has been looked for */
    bool unified;       /* version 2 */
    uint64_t limit;     /* bytes */
    uint64_t last_used; /* at the look before this one */
    uint64_t last_ms;
    bool armed; /* the threshold has not been crossed since it was last passed from below */
};

struct memory_look {
    bool pressed;  /* a checkpoint should be taken now */
    bool tight;    /* what processes write during a checkpoint would not fit beside what there is */
    uint64_t used; /* bytes that cannot be given back, unlike the page cache */
    uint64_t wait_ms; /* until the next look; 0: there is no limit */
};

/* Finds the group of this process, which is that of the tree, and counts from now on; the limit is looked for later. */
void memory_watch_open(struct memory_watch *watch);
/* A group has a limit or one above it has. */
void memory_watch_find_limit(struct memory_watch *watch);
/* The same for a process whose /proc/PID/cgroup and mountinfo these are. */
void memory_watch_open_from(struct memory_watch *watch, const char *groups, const char *mounts);
void memory_watch_close(struct memory_watch *watch);
/* How many processes of the group the kernel has ended since for want of memory. */
uint64_t memory_watch_kills(const struct memory_watch *watch);
/* So many of them, at most all since there were `before`, were none of the task's and no longer count; how many. */
uint64_t memory_watch_excuse(struct memory_watch *watch, uint64_t before, uint64_t count);
/* percent of the limit from which on it is nearly reached. */
struct memory_look memory_watch_look(struct memory_watch *watch, unsigned percent, uint64_t now_ms,
                                     uint64_t resident);

/* The arithmetic of it, without the files. */
struct memory_look memory_judge(struct memory_watch *watch, unsigned percent, uint64_t used,
                                uint64_t now_ms, uint64_t resident);

#endif
