/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Who a thread is: user and group ids, capabilities, securebits, no_new_privs. The kernel keeps all of it for each
 * thread. Supplementary groups, bounding and ambient capabilities are kept once for the process: libc sets groups for
 * all threads alike, and nobody sets the other two after threads exist.
 *
 * A restored thread comes from ckpt and has at least what the restarted task's user may have. It gives up what it
 * had not; ids that cannot be had again are refused before (restore/process.c), so here they are never missing. */
#include "preload/preload.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define GROUPS_MAX   65536 /* the kernel's NGROUPS_MAX */
#define CAPABILITIES 64
#define CAP_BIT(n)   (1ULL << (n))

SELDOM static uint32_t groups[GROUPS_MAX];
static int group_count;
static uint64_t bounding, ambient;
static volatile uint64_t saved_for; /* the number of a checkpoint */

static uint64_t bounding_read(void)
{
    uint64_t all = 0;

    for (int i = 0; i < CAPABILITIES; i++) {
        long has = raw2(SYS_prctl, PR_CAPBSET_READ, i);
        if (has < 0)
            break;
        all |= has > 0 ? CAP_BIT(i) : 0;
    }
    return all;
}

static uint64_t ambient_read(void)
{
    uint64_t all = 0;

    for (int i = 0; i < CAPABILITIES; i++) {
        long has = raw5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0);
        if (has < 0)
            break;
        all |= has > 0 ? CAP_BIT(i) : 0;
    }
    return all;
}

/* By the first thread that parks. */
static void process_wide_save(void)
{
    if (__atomic_exchange_n(&saved_for, preload.checkpoint, __ATOMIC_SEQ_CST) == preload.checkpoint)
        return;
    group_count = (int)raw2(SYS_getgroups, GROUPS_MAX, groups);
    bounding = bounding_read();
    ambient = ambient_read();
}

void thread_credentials_save(struct thread_credentials *to)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    process_wide_save();
    raw3(SYS_getresuid, &to->uids[0], &to->uids[1], &to->uids[2]);
    raw3(SYS_getresgid, &to->gids[0], &to->gids[1], &to->gids[2]);
    to->fs_uid = (uint32_t)raw1(SYS_setfsuid, -1); /* changes nothing and returns what there is */
    to->fs_gid = (uint32_t)raw1(SYS_setfsgid, -1);
    to->secure_bits = (int32_t)raw1(SYS_prctl, PR_GET_SECUREBITS);
    to->no_new_privileges = (int32_t)raw5(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    to->capabilities_known = raw2(SYS_capget, &header, to->capabilities) == 0;
}

static bool is_same(const uint32_t *a, const uint32_t *b)
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

static void ids_restore(const struct thread_credentials *from)
{
    uint32_t uids[3], gids[3];
    long error = 0;

    raw3(SYS_getresuid, &uids[0], &uids[1], &uids[2]);
    raw3(SYS_getresgid, &gids[0], &gids[1], &gids[2]);
    if (!is_same(gids, from->gids))
        error |= raw3(SYS_setresgid, from->gids[0], from->gids[1], from->gids[2]);
    if (!is_same(uids, from->uids))
        error |= raw3(SYS_setresuid, from->uids[0], from->uids[1], from->uids[2]);
    if (error < 0)
        raw2(SYS_kill, preload.pid, SIGKILL); /* rather than go on as somebody else */
    raw1(SYS_setfsgid, from->fs_gid);
    raw1(SYS_setfsuid, from->fs_uid);
}

static void bounding_restore(void)
{
    uint64_t surplus = bounding_read() & ~bounding;

    for (int i = 0; i < CAPABILITIES; i++) {
        if (surplus & CAP_BIT(i))
            raw2(SYS_prctl, PR_CAPBSET_DROP, i);
    }
}

/* Effective, permitted and inheritable ones, as far as they are granted. */
static void capabilities_set(const struct thread_credentials *from, bool keep_all)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct now[2];

    if (raw2(SYS_capget, &header, now) < 0)
        return;
    for (int i = 0; i < 2; i++) {
        const uint32_t *wanted = &from->capabilities[3 * i];
        uint32_t may = now[i].permitted;
        now[i].effective = keep_all ? now[i].effective : wanted[0] & may;
        now[i].permitted = keep_all ? may : wanted[1] & may;
        now[i].inheritable = wanted[2] & (now[i].inheritable | may);
    }
    raw2(SYS_capset, &header, now);
}

/* Only what is permitted and inheritable can be ambient, so those come first. */
static void ambient_restore(const struct thread_credentials *from)
{
    if (ambient_read() == ambient)
        return;
    capabilities_set(from, true);
    raw5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int i = 0; i < CAPABILITIES; i++) {
        if (ambient & CAP_BIT(i))
            raw5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
    }
}

static void secure_bits_restore(const struct thread_credentials *from)
{
    if (from->secure_bits < 0 || raw1(SYS_prctl, PR_GET_SECUREBITS) == from->secure_bits)
        return;
    if (raw2(SYS_prctl, PR_SET_SECUREBITS, from->secure_bits) < 0)
        raw2(SYS_prctl, PR_SET_KEEPCAPS, (from->secure_bits & SECBIT_KEEP_CAPS) != 0);
}

void thread_credentials_restore(const struct thread_credentials *from)
{
    long bits = raw1(SYS_prctl, PR_GET_SECUREBITS);

    /* Or a change of ids would take the capabilities that all the rest needs. */
    raw2(SYS_prctl, PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP);
    if (group_count >=
        0) /* in the user namespace of a capsule this fails, and they are the user's anyhow */
        raw2(SYS_setgroups, group_count, groups);
    ids_restore(from);
    if (from->capabilities_known) {
        bounding_restore();
        ambient_restore(from);
    }
    secure_bits_restore(from);
    if (from->no_new_privileges == 1)
        raw5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (from->capabilities_known)
        capabilities_set(from, false);
}
