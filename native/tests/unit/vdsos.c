/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Every function of a saved vDSO leads to its namesake in the running one, or to the system call. */
#include "unit.h"

#include "restore/vdso.h"

#include <sys/auxv.h>
#include <sys/syscall.h>

#define SAVED_AT   0x7fff00000000ULL
#define RUNNING_AT 0x110000ULL
#define VDSO_MAX   (16 * 4096)

/* This kernel's own, in memory that may be altered. */
static size_t own_copy(unsigned char *to)
{
    const unsigned char *from = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
    static size_t size;
    char line[256];
    unsigned long start, end;
    FILE *maps = size == 0 ? fopen("/proc/self/maps", "r") : NULL;

    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        if (strstr(line, "[vdso]") != NULL && sscanf(line, "%lx-%lx", &start, &end) == 2)
            size = end - start;
    }
    if (maps != NULL)
        fclose(maps);
    CHECK(from != NULL && size > 0 && size <= VDSO_MAX);
    memcpy(to, from, size);
    return size;
}

static void rename_symbols(unsigned char *bytes, size_t size, const char *from, const char *to)
{
    for (size_t i = 0; i + strlen(from) < size; i++) {
        if (memcmp(bytes + i, from, strlen(from) + 1) == 0)
            memcpy(bytes + i, to, strlen(to));
    }
}

static uint64_t jump_target(const struct restorer_patch *patch)
{
    uint64_t target;

    CHECK_INT(patch->size, 13);
    memcpy(&target, patch->code + 2, sizeof(target));
    return target;
}

static unsigned char saved_bytes[VDSO_MAX], running_bytes[VDSO_MAX];
static struct restorer_patch patches[RESTORER_PATCH_MAX];
static uint64_t count;

static int redirect(size_t saved_size, size_t running_size, struct ckpt_error *err)
{
    struct vdso saved = {saved_bytes, saved_size, SAVED_AT};
    struct vdso running = {running_bytes, running_size, RUNNING_AT};

    return vdso_redirect(&saved, &running, patches, &count, err);
}

TEST(vdso_functions_lead_to_their_namesakes)
{
    size_t size = own_copy(saved_bytes);

    own_copy(running_bytes);
    CHECK_INT(redirect(size, size, NULL), 0);
    CHECK(count >= 5);
    for (uint64_t i = 0; i < count; i++)
        CHECK_INT(jump_target(&patches[i]) - RUNNING_AT, patches[i].address - SAVED_AT);
}

TEST(vdso_functions_without_a_namesake_make_the_system_call)
{
    static const unsigned char call[] = {0xb8, SYS_clock_gettime, 0, 0, 0, 0x0f, 0x05, 0xc3};
    size_t size = own_copy(saved_bytes);
    int calls = 0;

    own_copy(running_bytes);
    rename_symbols(running_bytes, size, "clock_gettime", "Clock_gettime");
    rename_symbols(running_bytes, size, "__vdso_clock_gettime", "__vdso_Clock_gettime");
    CHECK_INT(redirect(size, size, NULL), 0);
    for (uint64_t i = 0; i < count; i++)
        calls +=
            patches[i].size == sizeof(call) && memcmp(patches[i].code, call, sizeof(call)) == 0;
    CHECK_INT(calls, 1);
}

TEST(vdso_functions_that_nobody_knows_are_refused)
{
    static const unsigned char refuse[] = {0x48, 0xc7, 0xc0, 0xda, 0xff, 0xff, 0xff, 0xc3};
    size_t size = own_copy(saved_bytes);
    int refused = 0;

    own_copy(running_bytes);
    rename_symbols(saved_bytes, size, "getcpu", "gotcpu");
    rename_symbols(saved_bytes, size, "__vdso_getcpu", "__vdso_gotcpu");
    CHECK_INT(redirect(size, size, NULL), 0);
    for (uint64_t i = 0; i < count; i++)
        refused += memcmp(patches[i].code, refuse, sizeof(refuse)) == 0;
    CHECK_INT(refused, 1);
}

TEST(vdso_that_is_none_is_refused)
{
    struct ckpt_error err = {0};
    size_t size = own_copy(running_bytes);

    CHECK(redirect(0, size, &err) < 0);
    CHECK_CONTAINS(err.message, "the vDSO has no table of its functions");
    CHECK(redirect(size, size, NULL) < 0); /* zeroes */
}

TEST(vdso_bytes_are_not_trusted)
{
    size_t size = own_copy(running_bytes);
    uint64_t x = 1;

    for (size_t cut = 0; cut < size; cut += 61) {
        own_copy(saved_bytes);
        redirect(cut, size, NULL);
    }
    for (int round = 0; round < 20000; round++) {
        own_copy(saved_bytes);
        for (int flips = 0; flips < 1 + round % 4; flips++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            saved_bytes[(x >> 33) % 0x700] ^= (unsigned char)(1u << (x >> 20) % 8);
        }
        if (redirect(size, size, NULL) == 0)
            CHECK(count <= RESTORER_PATCH_MAX);
        for (uint64_t i = 0; i < count; i++)
            CHECK(patches[i].address >= SAVED_AT &&
                  patches[i].address + patches[i].size <= SAVED_AT + size);
    }
}
