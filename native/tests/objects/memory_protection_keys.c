/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Memory with protection keys: which pages have which, what each thread may do with them, and which keys are free. Where
 * the processor has none, that there are still none. */
#include "testlib.h"
#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>

#define PAGE 4096

static char *readable, *closed;
static int key_readable, key_closed;
static sigjmp_buf back;
static volatile sig_atomic_t code;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    code = info->si_code;
    siglongjmp(back, 1);
}

/* 0, or why the access was refused. */
static int access_try(volatile char *at, bool write)
{
    code = 0;
    if (sigsetjmp(back, 1) == 0) {
        if (write)
            *at = *at + 1;
        else
            (void)*at;
    }
    return code;
}

static void *other_thread(void *unused)
{
    (void)unused;
    MUST(pkey_set(key_closed, 0));
    wait_go();
    CHECK(pkey_get(key_closed) == 0, "the other thread's key is %d", pkey_get(key_closed));
    CHECK(closed[5] == 'c', "content behind the key is %d", closed[5]);
    return NULL;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    pthread_t thread;

    int unused = pkey_alloc(0, 0);
    if (unused < 0) {
        ready();
        wait_go();
        CHECK(sabotaged() || pkey_alloc(0, 0) < 0, "a key where there are none");
        CHECK(!sabotaged(), "sabotaged");
        pass();
    }
    MUST(sigaction(SIGSEGV, &action, NULL));
    key_readable = MUST(pkey_alloc(0, PKEY_DISABLE_WRITE));
    key_closed = MUST(pkey_alloc(0, PKEY_DISABLE_ACCESS));
    readable =
        MUST(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    closed = readable + PAGE;
    readable[5] = 'r';
    closed[5] = 'c';
    MUST(pkey_mprotect(readable, PAGE, PROT_READ | PROT_WRITE, key_readable));
    MUST(pkey_mprotect(closed, PAGE, PROT_READ | PROT_WRITE, key_closed));
    MUST(pkey_free(unused));
    CHECK(pthread_create(&thread, NULL, other_thread, NULL) == 0, "pthread_create");
    ready();
    wait_go();
    if (sabotaged())
        MUST(pkey_set(key_readable, 0));
    CHECK(access_try(readable + 5, false) == 0, "reading is refused: %d", code);
    CHECK(access_try(readable + 5, true) == SEGV_PKUERR, "writing is not refused: %d", code);
    CHECK(access_try(closed + 5, false) == SEGV_PKUERR, "a look is not refused: %d", code);
    MUST(pkey_set(key_readable, 0));
    CHECK(access_try(readable + 5, true) == 0, "writing is still refused: %d", code);
    CHECK(readable[5] == 'r' + 1, "content is %d", readable[5]);
    CHECK(pthread_join(thread, NULL) == 0, "pthread_join");
    int next = MUST(pkey_alloc(0, 0));
    CHECK(next == unused, "key %d is free, not %d", next, unused);
    int one_more = MUST(pkey_alloc(0, 0));
    CHECK(one_more != key_readable && one_more != key_closed, "key %d is given twice", one_more);
    pass();
}
