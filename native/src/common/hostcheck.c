/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What this host can do. All probing happens in one child process, which shares the table of
 * results; the caller's namespaces, descriptors and memory stay as they are. Called by `ckpt
 * check`, a restart, and libckptctl. */
#include "common/hostcheck.h"

#include "common/hostcheck_probe.h"

#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROBE_SECONDS 10 /* a hung filesystem must not hang us */

static const struct {
    const char *name;
    bool optional;
    void (*run)(struct hostcheck_item *item); /* NULL: part of the capsule */
} probes[PROBE_COUNT] = {
    [PROBE_USER_NAMESPACE] = {"user-namespace", false, NULL},
    [PROBE_PID_NAMESPACE] = {"pid-namespace", false, NULL},
    [PROBE_MOUNT_NAMESPACE] = {"mount-namespace", true, NULL},
    [PROBE_TIME_NAMESPACE] = {"time-namespace", true, NULL},
    [PROBE_PROC_MOUNT] = {"proc-mount", true, NULL},
    [PROBE_SET_TID] = {"set-tid", false, NULL},
    [PROBE_PROCESS_MEMORY] = {"process-memory", false, probe_process_memory},
    [PROBE_KCMP] = {"kcmp", false, probe_kcmp},
    [PROBE_CHILDREN] = {"children", false, probe_children},
    [PROBE_PIDFD_GETFD] = {"pidfd-getfd", true, probe_pidfd_getfd},
    [PROBE_PAGEMAP] = {"pagemap", false, probe_pagemap},
    [PROBE_MM_MAP] = {"mm-map", false, probe_mm_map},
    [PROBE_CLOSE_RANGE] = {"close-range", false, probe_close_range},
    [PROBE_MEMFD] = {"memfd", false, probe_memfd},
};

__attribute__((noreturn)) static void run_probes(struct hostcheck *check)
{
    sigset_t none;

    /* Whatever the caller made of them. */
    signal(SIGCHLD, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(PROBE_SECONDS);
    for (int i = 0; i < PROBE_COUNT; i++) {
        if (probes[i].run)
            probes[i].run(&check->items[i]);
    }
    probe_capsule(check->items); /* last: it changes this process */
    _exit(0);
}

static void prepare(struct hostcheck *check)
{
    memset(check, 0, sizeof(*check));
    check->count = PROBE_COUNT;
    for (int i = 0; i < PROBE_COUNT; i++) {
        check->items[i].name = probes[i].name;
        check->items[i].required = !probes[i].optional;
        strcpy(check->items[i].detail, "not tried");
    }
}

int hostcheck_run(struct hostcheck *ret, struct ckpt_error *err)
{
    struct hostcheck *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    if (shared == MAP_FAILED)
        return ckpt_error_errno(err, "host check: no memory to share");
    prepare(shared);
    pid = fork();
    if (pid == 0)
        run_probes(shared);
    if (pid < 0) {
        int r = ckpt_error_errno(err, "host check: fork");

        munmap(shared, sizeof(*shared));
        return r;
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *ret = *shared;
    munmap(shared, sizeof(*shared));
    ret->usable = true;
    for (size_t i = 0; i < ret->count; i++)
        ret->usable &= ret->items[i].ok || !ret->items[i].required;
    return 0;
}

struct json_object *hostcheck_to_json(const struct hostcheck *check)
{
    json_object *document = json_object_new_object(), *array = json_object_new_array();

    if (!document || !array) {
        json_object_put(document);
        json_object_put(array);
        return NULL;
    }
    for (size_t i = 0; i < check->count; i++) {
        json_object *entry = json_object_new_object();

        json_object_object_add(entry, "name", json_object_new_string(check->items[i].name));
        json_object_object_add(entry, "ok", json_object_new_boolean(check->items[i].ok));
        json_object_object_add(entry, "detail", json_object_new_string(check->items[i].detail));
        json_object_array_add(array, entry);
    }
    json_object_object_add(document, "format", json_object_new_int(1));
    json_object_object_add(document, "usable", json_object_new_boolean(check->usable));
    json_object_object_add(document, "checks", array);
    return document;
}
