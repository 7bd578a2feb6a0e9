/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Features of the processor, by cpuid. Names are those of /proc/cpuinfo. Those that need registers which the kernel has
 * to save count only where it does. */
#include "arch/x86_64/cpu.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { EAX, EBX, ECX, EDX };

/* Register state in XCR0. */
#define STATE_AVX    0x6U
#define STATE_AVX512 0xe6U
#define STATE_PKU    0x200U
#define STATE_AMX    0x60000U

static const struct {
    const char *name;
    uint32_t leaf, subleaf, reg, bit, state;
} features[] = {
    {"pni", 1, 0, ECX, 0, 0},
    {"pclmulqdq", 1, 0, ECX, 1, 0},
    {"ssse3", 1, 0, ECX, 9, 0},
    {"fma", 1, 0, ECX, 12, STATE_AVX},
    {"cx16", 1, 0, ECX, 13, 0},
    {"sse4_1", 1, 0, ECX, 19, 0},
    {"sse4_2", 1, 0, ECX, 20, 0},
    {"movbe", 1, 0, ECX, 22, 0},
    {"popcnt", 1, 0, ECX, 23, 0},
    {"aes", 1, 0, ECX, 25, 0},
    {"xsave", 1, 0, ECX, 27, 0},
    {"avx", 1, 0, ECX, 28, STATE_AVX},
    {"f16c", 1, 0, ECX, 29, STATE_AVX},
    {"rdrand", 1, 0, ECX, 30, 0},
    {"fsgsbase", 7, 0, EBX, 0, 0},
    {"bmi1", 7, 0, EBX, 3, 0},
    {"hle", 7, 0, EBX, 4, 0},
    {"avx2", 7, 0, EBX, 5, STATE_AVX},
    {"bmi2", 7, 0, EBX, 8, 0},
    {"rtm", 7, 0, EBX, 11, 0},
    {"avx512f", 7, 0, EBX, 16, STATE_AVX512},
    {"avx512dq", 7, 0, EBX, 17, STATE_AVX512},
    {"rdseed", 7, 0, EBX, 18, 0},
    {"adx", 7, 0, EBX, 19, 0},
    {"avx512ifma", 7, 0, EBX, 21, STATE_AVX512},
    {"clflushopt", 7, 0, EBX, 23, 0},
    {"clwb", 7, 0, EBX, 24, 0},
    {"avx512cd", 7, 0, EBX, 28, STATE_AVX512},
    {"sha_ni", 7, 0, EBX, 29, 0},
    {"avx512bw", 7, 0, EBX, 30, STATE_AVX512},
    {"avx512vl", 7, 0, EBX, 31, STATE_AVX512},
    {"avx512vbmi", 7, 0, ECX, 1, STATE_AVX512},
    {"ospke", 7, 0, ECX, 4, STATE_PKU},
    {"waitpkg", 7, 0, ECX, 5, 0},
    {"avx512_vbmi2", 7, 0, ECX, 6, STATE_AVX512},
    {"gfni", 7, 0, ECX, 8, 0},
    {"vaes", 7, 0, ECX, 9, STATE_AVX},
    {"vpclmulqdq", 7, 0, ECX, 10, STATE_AVX},
    {"avx512_vnni", 7, 0, ECX, 11, STATE_AVX512},
    {"avx512_bitalg", 7, 0, ECX, 12, STATE_AVX512},
    {"avx512_vpopcntdq", 7, 0, ECX, 14, STATE_AVX512},
    {"rdpid", 7, 0, ECX, 22, 0},
    {"cldemote", 7, 0, ECX, 25, 0},
    {"movdiri", 7, 0, ECX, 27, 0},
    {"movdir64b", 7, 0, ECX, 28, 0},
    {"avx512_vp2intersect", 7, 0, EDX, 8, STATE_AVX512},
    {"serialize", 7, 0, EDX, 14, 0},
    {"amx_bf16", 7, 0, EDX, 22, STATE_AMX},
    {"avx512_fp16", 7, 0, EDX, 23, STATE_AVX512},
    {"amx_tile", 7, 0, EDX, 24, STATE_AMX},
    {"amx_int8", 7, 0, EDX, 25, STATE_AMX},
    {"avx_vnni", 7, 1, EAX, 4, STATE_AVX},
    {"avx512_bf16", 7, 1, EAX, 5, STATE_AVX512},
    {"xsavec", 0xd, 1, EAX, 1, 0},
    {"xgetbv1", 0xd, 1, EAX, 2, 0},
    {"lahf_lm", 0x80000001, 0, ECX, 0, 0},
    {"abm", 0x80000001, 0, ECX, 5, 0},
    {"sse4a", 0x80000001, 0, ECX, 6, 0},
    {"3dnowprefetch", 0x80000001, 0, ECX, 8, 0},
    {"xop", 0x80000001, 0, ECX, 11, STATE_AVX},
    {"fma4", 0x80000001, 0, ECX, 16, STATE_AVX},
    {"tbm", 0x80000001, 0, ECX, 21, 0},
    {"clzero", 0x80000008, 0, EBX, 0, 0},
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

/* The register state that the kernel saves, or 0. */
static uint64_t state_enabled(void)
{
    uint32_t regs[4], low, high;

    if (!__get_cpuid(1, &regs[EAX], &regs[EBX], &regs[ECX], &regs[EDX]) ||
        (regs[ECX] & bit_OSXSAVE) == 0)
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

void cpu_features_read(char ret[CPU_FEATURES_SIZE])
{
    uint64_t state = state_enabled();
    size_t at = 0;

    ret[0] = 0;
    for (unsigned i = 0; i < FEATURES; i++) {
        uint32_t regs[4] = {0};
        bool there = __get_cpuid_count(features[i].leaf, features[i].subleaf, &regs[EAX],
                                       &regs[EBX], &regs[ECX], &regs[EDX]) != 0;
        if (there && (regs[features[i].reg] >> features[i].bit & 1) != 0 &&
            (state & features[i].state) == features[i].state)
            at += (size_t)snprintf(ret + at, CPU_FEATURES_SIZE - at, at == 0 ? "%s" : " %s",
                                   features[i].name);
    }
}

static bool is_among(const char *word, size_t length, const char *list)
{
    for (const char *at = list; *at != 0; at += strspn(at, " ")) {
        size_t here = strcspn(at, " ");
        if (here == length && memcmp(at, word, length) == 0)
            return true;
        at += here;
    }
    return false;
}

unsigned cpu_features_missing(const char *wanted, const char *have, char *ret, size_t size)
{
    unsigned count = 0;
    size_t used = 0;

    ret[0] = 0;
    for (const char *at = wanted + strspn(wanted, " "); *at != 0; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (!is_among(at, length, have)) {
            if (used + length + 2 < size)
                used += (size_t)snprintf(ret + used, size - used, used == 0 ? "%.*s" : " %.*s",
                                         (int)length, at);
            count++;
        }
        at += length;
    }
    return count;
}
