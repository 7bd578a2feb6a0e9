/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Memory policies of mappings and of threads. */
/* @needs /proc/self/numa_maps */
#include "testlib.h"
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sys/mman.h>

#define SIZE (4ul << 20)

static int policy_of(const void *at)
{
    unsigned long nodes[16];
    int mode = -1;

    MUST(syscall(SYS_get_mempolicy, &mode, nodes, 1024, at, at != NULL ? MPOL_F_ADDR : 0));
    return mode;
}

static void policy_expect(const void *at, int want, const char *what)
{
    int got = policy_of(at);

    CHECK(got == want, "policy of %s is %#x, not %#x", what, (unsigned)got, (unsigned)want);
}

static char *area_make(int policy)
{
    unsigned long node = policy == MPOL_LOCAL || policy == MPOL_DEFAULT ? 0 : 1;
    char *area = MUST(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    MUST(mprotect(area + SIZE - 4096, 4096, PROT_NONE)); /* neighbours stay apart */
    MUST(syscall(SYS_mbind, area, SIZE - 4096, policy, node != 0 ? &node : NULL,
                 node != 0 ? 64ul : 0ul, 0));
    memset(area, policy + 1, SIZE - 4096);
    return area;
}

static void *other_thread(void *unused)
{
    unsigned long node = 1;

    MUST(syscall(SYS_set_mempolicy, MPOL_PREFERRED | MPOL_F_STATIC_NODES, &node, 64ul));
    touch("thread");
    wait_go();
    policy_expect(NULL, MPOL_PREFERRED | MPOL_F_STATIC_NODES, "the other thread");
    return unused;
}

int main(void)
{
    unsigned long node = 1;
    pthread_t thread;

    if (syscall(SYS_set_mempolicy, MPOL_BIND, &node, 64ul) < 0) { /* a container forbids it */
        CHECK(errno == EPERM || errno == ENOSYS, "set_mempolicy: %s", strerror(errno));
        ready();
        wait_go();
        CHECK(!sabotaged(), "sabotaged");
        pass();
    }
    char *bound = area_make(MPOL_BIND), *interleaved = area_make(MPOL_INTERLEAVE);
    char *local = area_make(MPOL_LOCAL), *plain = area_make(MPOL_DEFAULT);
    CHECK(pthread_create(&thread, NULL, other_thread, NULL) == 0, "pthread_create");
    while (!exists("thread"))
        moment(false);
    ready();
    wait_go();
    if (sabotaged())
        MUST(syscall(SYS_mbind, bound, SIZE - 4096, MPOL_DEFAULT, NULL, 0ul, 0));
    policy_expect(bound, MPOL_BIND, "bound memory");
    policy_expect(interleaved, MPOL_INTERLEAVE, "interleaved memory");
    policy_expect(local, MPOL_LOCAL, "local memory");
    policy_expect(plain, MPOL_DEFAULT, "other memory");
    policy_expect(NULL, MPOL_BIND, "the thread");
    CHECK(bound[4711] == MPOL_BIND + 1 && plain[4711] == MPOL_DEFAULT + 1, "content");
    CHECK(pthread_join(thread, NULL) == 0, "pthread_join");
    pass();
}
