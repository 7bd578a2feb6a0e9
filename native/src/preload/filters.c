/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Seccomp filters of the program, kept over a restart. The kernel shows them to nobody without CAP_SYS_ADMIN, but a
 * program installs them through us: their code is remembered here, in the memory of the process, so that an image and a
 * child of fork have it without further ado. A program that is started learns of them from its environment, which names
 * files in the store.
 *
 * The filters of a process have to form one chain: each thread is under the first so many of it, and the kernel tells
 * how many. So a thread may install one when it is under all of them, or the very one that others have there already.
 * Anything else (two threads with different ones, a filter that we have not seen) makes the process one that is left
 * alone, see wrap_seccomp.c; likewise a filter that does not permit what a checkpoint takes (filter_check.c).
 *
 * They are installed again last: what all threads are under by one of them for all, so that it is one filter again and
 * not as many equal ones as threads; the rest by each. */
#include "preload/filters.h"
#include "preload/exec_environment.h"
#include "preload/filter_ask.h"
#include "preload/filter_check.h"
#include "preload/filter_file.h"
#include "preload/pages.h"
#include "preload/preload.h"
#include "preload/spin.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define FILTERS_MAX 64
#define TEXT_SIZE   4096
#define FLAGS_KNOWN                                                                                \
    (SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | 4UL /* SPEC_ALLOW */ |                  \
     16UL /* TSYNC_ESRCH */)
#define FLAGS_KEPT (SECCOMP_FILTER_FLAG_LOG | 4UL)
#define UNTOLD     UINT32_MAX

SELDOM static struct filter chain[FILTERS_MAX];
static volatile uint32_t length;
static uint32_t base; /* how many the kernel counts for a thread under none of them */
SELDOM static struct filter considered;
static bool is_known_already; /* the considered one is another thread's too */
static volatile uint32_t busy;
static uint32_t common; /* of a restored process: how many all threads are under */

uint32_t filters_count(void)
{
    return length;
}

bool filters_can_be_told(void)
{
    for (uint32_t i = 0; i < length; i++) {
        if (!chain[i].is_stored)
            return false;
    }
    return true;
}

/* For the calling thread; UNTOLD where the kernel does not tell. */
static uint32_t kernel_count(void)
{
    char buffer[4096];
    const char *at = NULL;
    long fd = raw4(SYS_openat, AT_FDCWD, "/proc/thread-self/status", O_RDONLY, 0);

    if (fd < 0)
        return UNTOLD;
    long got = raw3(SYS_read, fd, buffer, sizeof(buffer) - 1);
    raw1(SYS_close, fd);
    buffer[got > 0 ? got : 0] = 0;
    for (const char *line = buffer; *line != 0 && at == NULL; line++)
        at = text_after(line, "\nSeccomp_filters:\t");
    return at == NULL ? UNTOLD : (uint32_t)text_number(&at, 10);
}

static void memory_free(struct filter *filter)
{
    if (filter->code != NULL)
        raw2(SYS_munmap, filter->code, filter->count * sizeof(*filter->code));
    filter->code = NULL;
}

/* ---- the variable that names them ---- */

/* "BASE:HASH.COUNT.FLAGS.HOW,..." */
static void variable_update(void)
{
    char text[TEXT_SIZE] = "";

    text_append_number(text, sizeof(text), base);
    for (uint32_t i = 0; i < length; i++) {
        const struct filter *filter = &chain[i];
        text_append(text, sizeof(text), i == 0 ? ":" : ",");
        text_append_hex(text, sizeof(text), filter->hash);
        text_append(text, sizeof(text), ".");
        text_append_number(text, sizeof(text), filter->count);
        text_append(text, sizeof(text), ".");
        text_append_number(text, sizeof(text), filter->flags);
        text_append(text, sizeof(text), filter->by_seccomp ? ".s" : ".p");
    }
    exec_environment_filters(length > 0 ? text : NULL);
}

static bool filter_parse(const char **at, struct filter *ret)
{
    *ret = (struct filter){.hash = text_number(at, 16)};
    if (*(*at)++ != '.')
        return false;
    ret->count = (uint32_t)text_number(at, 10);
    if (*(*at)++ != '.')
        return false;
    ret->flags = (uint32_t)text_number(at, 10);
    if (*(*at)++ != '.')
        return false;
    ret->by_seccomp = *(*at)++ == 's';
    return true;
}

bool filters_inherit(const char *told)
{
    const char *at = told;
    uint32_t count = at == NULL ? 0 : kernel_count();

    if (at == NULL || count == UNTOLD)
        return at == NULL;
    base = (uint32_t)text_number(&at, 10);
    /* Another thread of the process before may have been under more of them. */
    while (length + base < count && length < FILTERS_MAX && (*at == ':' || *at == ',')) {
        at++;
        if (!filter_parse(&at, &chain[length]) || !filter_load(&chain[length]))
            return false;
        length++;
    }
    variable_update();
    return true;
}

void filters_forked(void)
{
    uint32_t count;

    busy = 0;
    if (length == 0 || (count = kernel_count()) == UNTOLD || count - base >= length)
        return;
    length = count - base; /* the thread that forked was under fewer of them */
    variable_update();
}

/* ---- installation ---- */

/* The program may have given any address. */
static bool memory_copy(void *to, const void *from, size_t size)
{
    struct iovec here = {.iov_base = to, .iov_len = size};
    struct iovec there = {.iov_base = (void *)(uintptr_t)from, .iov_len = size};

    return raw6(SYS_process_vm_readv, raw0(SYS_getpid), (long)&here, 1, (long)&there, 1, 0) ==
           (long)size;
}

static bool is_same(const struct filter *a, const struct filter *b)
{
    return a->hash == b->hash && a->count == b->count && a->flags == b->flags &&
           memcmp(a->code, b->code, a->count * sizeof(*a->code)) == 0;
}

static bool code_take(struct filter *filter, const void *address)
{
    struct sock_fprog program;

    if (!memory_copy(&program, address, sizeof(program)) || program.len == 0 ||
        program.len > BPF_MAXINSNS)
        return false;
    filter->count = program.len;
    filter->code = pages_new(filter->count * sizeof(*filter->code));
    if (filter->code == NULL)
        return false;
    if (memory_copy(filter->code, program.filter, filter->count * sizeof(*filter->code)))
        return true;
    memory_free(filter);
    return false;
}

/* Where in the chain the caller stands, and whether the considered filter may follow there. */
static bool has_a_place(void)
{
    uint32_t count = kernel_count();

    if (count == UNTOLD)
        return false;
    if (length == 0)
        base = count;
    uint32_t at = count - base;
    is_known_already = at < length && is_same(&chain[at], &considered);
    return is_known_already || (at == length && length < FILTERS_MAX);
}

bool filters_consider(long number, const long arguments[5])
{
    bool by_seccomp = number == SYS_seccomp;
    unsigned long flags = by_seccomp ? (unsigned long)arguments[1] : 0;

    if (by_seccomp ? arguments[0] != SECCOMP_SET_MODE_FILTER || (flags & ~FLAGS_KNOWN) != 0
                   : arguments[1] != SECCOMP_MODE_FILTER)
        return false;
    spin_lock(&busy);
    considered = (struct filter){.flags = (uint32_t)(flags & FLAGS_KEPT), .by_seccomp = by_seccomp};
    if (code_take(&considered, (const void *)arguments[2])) {
        considered.hash = filter_hash(&considered);
        if (has_a_place() && filter_permits_us(considered.code, considered.count)) {
            considered.is_stored = filter_store(&considered);
            return true;
        }
        memory_free(&considered);
    }
    spin_unlock(&busy);
    return false;
}

void filters_installed(bool succeeded)
{
    if (succeeded && !is_known_already) {
        chain[length] = considered;
        __atomic_store_n(&length, length + 1, __ATOMIC_SEQ_CST);
        variable_update();
    } else {
        memory_free(&considered);
    }
    spin_unlock(&busy);
}

/* ---- checkpoint and restart ---- */

void filters_save(struct thread_slot *slot)
{
    uint32_t count = length == 0 ? 0 : kernel_count();

    slot->filters = length == 0 || count == UNTOLD || count < base ? 0 : count - base;
}

const char *filters_obstacle(void)
{
    const uint32_t administrator = 1U << CAP_SYS_ADMIN;

    for (uint32_t i = 0; i < preload.slot_count; i++) {
        const struct thread_slot *slot = &preload.slots[i];
        const struct thread_credentials *credentials = &slot->credentials;
        if (!slot->live || slot->filters == 0)
            continue;
        if (slot->filters > length)
            return "it is under a seccomp filter that was not seen being installed";
        if (credentials->no_new_privileges != 1 &&
            (credentials->capabilities[0] & administrator) == 0)
            return "it could not install its seccomp filters again: it has given up CAP_SYS_ADMIN";
    }
    return NULL;
}

/* As it was installed, or for all threads. */
static void install(const struct filter *filter, bool for_all)
{
    struct sock_fprog program = {.len = (unsigned short)filter->count, .filter = filter->code};
    unsigned long flags = filter->flags | (for_all ? SECCOMP_FILTER_FLAG_TSYNC : 0);
    long error = filter->by_seccomp || for_all
                     ? raw3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program)
                     : raw5(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);

    if (error != 0)
        raw2(SYS_kill, preload.pid, SIGKILL); /* rather than do what it had forbidden itself */
}

/* Each filter for all has to let the next one be installed so. */
static bool can_be_for_all(uint32_t count)
{
    static const struct filter_call call = {
        .number = SYS_seccomp,
        .known = 3,
        .args = {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC}};

    for (uint32_t i = 0; i + 1 < count; i++) {
        if (filter_ask(chain[i].code, chain[i].count, &call) != FILTER_ALLOWS)
            return false;
    }
    return true;
}

void filters_restore_prepare(void)
{
    uint32_t least = length, live = 0, count;

    common = 0;
    if (length == 0)
        return;
    if ((count = kernel_count()) != UNTOLD)
        base = count; /* of whoever started this incarnation */
    variable_update();
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        const struct thread_slot *slot = &preload.slots[i];
        if (slot->live && slot->filters < least)
            least = slot->filters;
        live += slot->live;
    }
    if (live > 1 && can_be_for_all(least))
        common = least;
}

void filters_restore_common(void)
{
    for (uint32_t i = 0; i < common; i++)
        install(&chain[i], true);
}

void filters_restore_own(const struct thread_slot *slot)
{
    for (uint32_t i = common; i < slot->filters && i < length; i++)
        install(&chain[i], false);
}
