/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What a processor lacks of what an image needs. */
#include "unit.h"

#include "arch/x86_64/cpu.h"

static char missing[64];

static unsigned lacking(const char *wanted, const char *have)
{
    return cpu_features_missing(wanted, have, missing, sizeof(missing));
}

TEST(processors_that_have_more_lack_nothing)
{
    CHECK_INT(lacking("sse3 avx", "sse3 ssse3 avx avx2"), 0);
    CHECK_STRING(missing, "");
    CHECK_INT(lacking("", ""), 0);
}

TEST(processors_lack_what_is_named)
{
    CHECK_INT(lacking("sse3 avx512f avx avx512bw", "avx sse3 avx512"), 2);
    CHECK_STRING(missing, "avx512f avx512bw");
}

TEST(processors_lack_what_is_no_whole_name)
{
    CHECK_INT(lacking("avx", "avx2 xavx"), 1);
    CHECK_INT(lacking("  avx2   avx ", " avx  avx2"), 0);
}

TEST(processors_lack_more_than_can_be_said)
{
    char many[1000] = "";

    for (int i = 0; i < 200; i++)
        strcat(many, i % 2 ? "aa " : "bbb ");
    CHECK_INT(lacking(many, "sse3"), 200);
    CHECK(strlen(missing) < sizeof(missing));
}

TEST(processors_know_themselves)
{
    char here[CPU_FEATURES_SIZE];

    cpu_features_read(here);
    CHECK_INT(lacking(here, here), 0);
    CHECK_INT(lacking("pni ssse3 cx16", here), 0); /* every one since 2008 */
}

static bool has(const char *list, const char *name)
{
    return cpu_features_missing(name, list, missing, sizeof(missing)) == 0;
}

TEST(processors_are_seen_as_the_kernel_sees_them)
{
    static const char *const names[] = {"ssse3", "fma",     "avx",    "avx2", "bmi2",
                                        "movbe", "avx512f", "sha_ni", "vaes", "amx_tile"};
    char here[CPU_FEATURES_SIZE], line[16384], *flags = NULL;
    FILE *file = fopen("/proc/cpuinfo", "r");

    cpu_features_read(here);
    while (file != NULL && flags == NULL && fgets(line, sizeof(line), file) != NULL)
        flags = strncmp(line, "flags", 5) == 0 ? strchr(line, ':') : NULL;
    if (file != NULL)
        fclose(file);
    if (flags == NULL)
        return;
    flags[strcspn(flags, "\n")] = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CHECK_INT(has(here, names[i]), has(flags, names[i]));
}
