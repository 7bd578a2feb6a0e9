/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* User and group ids, supplementary groups, capabilities and securebits of a process that root has made somebody else
 * with a few privileges left; an ordinary user's process has none and stays who it was. */
#include "testlib.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#define KEPT (1U << CAP_NET_RAW | 1U << CAP_SETUID | 1U << CAP_SETPCAP)
#define HELD (KEPT | 1U << CAP_SETGID)

static gid_t groups[3] = {5, 60, 1000};

struct state {
    uid_t uid[3], fsuid;
    gid_t gid[3], fsgid, groups[8];
    int group_count, bits, bounding, ambient;
    struct __user_cap_data_struct capabilities[2];
};

static void look(struct state *ret)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    memset(ret, 0, sizeof(*ret));
    MUST(getresuid(&ret->uid[0], &ret->uid[1], &ret->uid[2]));
    MUST(getresgid(&ret->gid[0], &ret->gid[1], &ret->gid[2]));
    ret->fsuid = (uid_t)setfsuid((uid_t)-1);
    ret->fsgid = (gid_t)setfsgid((gid_t)-1);
    ret->group_count = MUST(getgroups(8, ret->groups));
    ret->bits = MUST(prctl(PR_GET_SECUREBITS));
    ret->bounding = MUST(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT));
    ret->ambient = MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_RAW, 0, 0));
    MUST(syscall(SYS_capget, &header, ret->capabilities));
}

/* A thread that had stayed root would be a way to become root again. */
static void expect_no_thread_of_root(void)
{
    char line[256];
    FILE *file = popen("cat /proc/$PPID/task/*/status", "re");

    CHECK(file != NULL, "popen");
    while (fgets(line, sizeof(line), file) != NULL)
        CHECK(strncmp(line, "Uid:", 4) != 0 || strstr(line, "\t0") == NULL, "a thread of root: %s",
              line);
    pclose(file);
}

static void become_somebody_else(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{KEPT, HELD, KEPT}, {0}};

    moment(false); /* whoever waits has a checkpoint thread */
    MUST(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT));
    MUST(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_KEEP_CAPS));
    MUST(setgroups(3, groups));
    MUST(setresgid(100, 101, 102));
    MUST(setresuid(1000, 1001, 1002));
    MUST(syscall(SYS_capset, &header, data));
    MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0));
}

int main(void)
{
    struct state before, after;
    pid_t child;
    int ends[2];
    char byte;

    MUST(pipe(ends));
    if (geteuid() != 0) {
        look(&before);
        ready();
    } else if ((child = MUST(fork())) > 0) {
        CHECK(read(ends[0], &byte, 1) == 1, "nobody else");
        ready();
        int status = status_of(child); /* root's own waits beside it, root all the while */
        CHECK(geteuid() == 0 && getuid() == 0, "root has become %d", geteuid());
        exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
    } else {
        become_somebody_else();
        look(&before);
        CHECK(before.group_count == 3 && before.ambient == 1 && before.bounding == 0, "setting up");
        CHECK(before.capabilities[0].effective == KEPT, "setting up capabilities");
        CHECK(write(ends[1], "x", 1) == 1, "pipe");
    }
    wait_go();
    if (sabotaged())
        MUST(prctl(PR_SET_KEEPCAPS, !prctl(PR_GET_KEEPCAPS)));
    look(&after);
    if (before.uid[1] == 1001)
        expect_no_thread_of_root();
    CHECK(memcmp(before.uid, after.uid, sizeof(after.uid)) == 0 && before.fsuid == after.fsuid,
          "uids %d %d %d %d", after.uid[0], after.uid[1], after.uid[2], after.fsuid);
    CHECK(memcmp(before.gid, after.gid, sizeof(after.gid)) == 0 && before.fsgid == after.fsgid,
          "gids %d %d %d %d", after.gid[0], after.gid[1], after.gid[2], after.fsgid);
    CHECK(before.uid[1] != 1001 ||
              (after.group_count == 3 && memcmp(after.groups, groups, sizeof(groups)) == 0),
          "%d groups", after.group_count);
    CHECK(before.bits == after.bits, "securebits 0x%x, not 0x%x", after.bits, before.bits);
    CHECK(before.bounding == after.bounding && before.ambient == after.ambient,
          "bounding %d, ambient %d", after.bounding, after.ambient);
    CHECK(memcmp(before.capabilities, after.capabilities, sizeof(after.capabilities)) == 0,
          "capabilities 0x%x 0x%x 0x%x", after.capabilities[0].effective,
          after.capabilities[0].permitted, after.capabilities[0].inheritable);
    pass();
}
