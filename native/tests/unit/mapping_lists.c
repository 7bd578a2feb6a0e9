/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Texts as /proc/PID/maps shows them. */
#include "unit.h"

#include "capture/policies.h"
#include "proc/mappings.h"

#include <sys/mman.h>
#include <sys/sysmacros.h>

static struct mappings parsed(const char *text)
{
    struct mappings mappings;
    char *copy = strdup(text);
    int error = mappings_parse(copy, &mappings);

    free(copy);
    if (error < 0)
        unit_fail(__FILE__, __LINE__, "%s: %s", text, strerror(-error));
    return mappings;
}

TEST(mapping_lines_are_taken_apart)
{
    struct mappings mappings = parsed(
        "5581c0a00000-5581c0a01000 r-xp 0000f000 fe:01 131193   /usr/bin/cat\n"
        "5581c1000000-5581c1021000 rw-p 00000000 00:00 0        [heap]\n"
        "7f0000000000-7f0000001000 ---p 00000000 00:00 0 \n"
        "7f0000002000-7f0000004000 rw-s 7ffff000 00:01 18446744073709551615 /dev/zero (deleted)\n"
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n");

    CHECK_INT(mappings.count, 5);
    CHECK_INT(mappings.list[0].start, 0x5581c0a00000);
    CHECK_INT(mappings.list[0].end, 0x5581c0a01000);
    CHECK_INT(mappings.list[0].offset, 0xf000);
    CHECK_INT(mappings.list[0].device, makedev(0xfe, 1));
    CHECK_INT(mappings.list[0].inode, 131193);
    CHECK_INT(mappings.list[0].protection, PROT_READ | PROT_EXEC);
    CHECK(!mappings.list[0].shared && !mappings.list[0].deleted);
    CHECK_STRING(mappings.list[0].name, "/usr/bin/cat");
    CHECK_STRING(mappings.list[1].name, "[heap]");
    CHECK_INT(mappings.list[1].protection, PROT_READ | PROT_WRITE);
    CHECK_STRING(mappings.list[2].name, "");
    CHECK_INT(mappings.list[2].protection, PROT_NONE);
    CHECK(mappings.list[3].shared && mappings.list[3].deleted);
    CHECK_INT(mappings.list[3].inode, UINT64_MAX);
    CHECK_STRING(mappings.list[3].name, "/dev/zero");
    CHECK_INT(mappings.list[4].end, 0xffffffffff601000);
    mappings_free(&mappings);
    CHECK_INT(mappings.count, 0);
}

TEST(names_of_mappings_keep_blanks_and_newlines)
{
    struct mappings mappings =
        parsed("1000-2000 r--p 00000000 08:01 7    /tmp/a  b \n"
               "2000-3000 r--p 00000000 08:01 7    /tmp/two\\012lines\\012\n"
               "3000-4000 r--p 00000000 08:01 7    /tmp/back\\slash\\01\n"
               "4000-5000 r--p 00000000 08:01 7    /tmp/\xff\xfe (deleted)\n"
               "5000-6000 r--p 00000000 08:01 7    /tmp/kept (deleted) not\n"
               "6000-7000 r--p 00000000 08:01 7    /tmp/was (deleted) (deleted)\n"
               "7000-8000 r--p 00000000 08:01 7    /memfd:a\\012b (deleted)\n");

    CHECK_STRING(mappings.list[0].name, "/tmp/a  b ");
    CHECK_STRING(mappings.list[1].name, "/tmp/two\nlines\n");
    CHECK_STRING(mappings.list[2].name, "/tmp/back\\slash\\01");
    CHECK_STRING(mappings.list[3].name, "/tmp/\xff\xfe");
    CHECK(mappings.list[3].deleted);
    CHECK_STRING(mappings.list[4].name, "/tmp/kept (deleted) not");
    CHECK(!mappings.list[4].deleted);
    CHECK_STRING(mappings.list[5].name, "/tmp/was (deleted)");
    CHECK(mappings.list[5].deleted);
    CHECK_STRING(mappings.list[6].name, "/memfd:a\nb");
    mappings_free(&mappings);
}

TEST(mappings_of_the_kernel_keep_their_names)
{
    struct mappings mappings =
        parsed("7ffd1e2a9000-7ffd1e2ad000 r--p 00000000 00:00 0  [vvar]\n"
               "7ffd1e2ad000-7ffd1e2af000 r--p 00000000 00:00 0  [vvar_vclock]\n"
               "7ffd1e2af000-7ffd1e2b1000 r-xp 00000000 00:00 0  [vdso]\n"
               "7ffd1e300000-7ffd1e301000 rw-p 00000000 00:00 0  [anon: a name]");

    CHECK_INT(mappings.count, 4);
    CHECK_STRING(mappings.list[0].name, "[vvar]");
    CHECK_STRING(mappings.list[1].name, "[vvar_vclock]");
    CHECK_STRING(mappings.list[2].name, "[vdso]");
    CHECK_STRING(mappings.list[3].name, "[anon: a name]");
    mappings_free(&mappings);
}

TEST(no_mappings_are_an_empty_list)
{
    struct mappings mappings = parsed("");

    CHECK_INT(mappings.count, 0);
    mappings_free(&mappings);
}

TEST(nonsense_among_mappings_is_refused)
{
    static const char *const lines[] = {
        "nonsense",
        "1000-2000",
        "1000-2000 r--p 00000000 08:01",
        "1000 2000 r--p 00000000 08:01 7 /a",
        "1000-2000 r-- 00000000 08:01 7 /a",
        "1000-2000 r--q 00000000 08:01 7 /a",
        "1000-2000 rwxwp 00000000 08:01 7 /a",
        "1000-2000 -r-p 00000000 08:01 7 /a",
        "2000-1000 r--p 00000000 08:01 7 /a",
        "2000-2000 r--p 00000000 08:01 7 /a",
        "1000-2000 r--p 00000000 0801 7 /a",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct mappings mappings = {.count = 77};
        char *text;
        CHECK(asprintf(&text, "1000-2000 r--p 00000000 08:01 7 /a\n%s\n", lines[i]) > 0);
        if (mappings_parse(text, &mappings) != -EBADMSG)
            unit_fail(__FILE__, __LINE__, "'%s' was taken for a mapping", lines[i]);
        CHECK_INT(mappings.count, 77);
        free(text);
    }
}

TEST(own_mappings_are_read_and_ascend)
{
    struct mappings mappings;
    struct ckpt_error err = {0};
    bool stack = false;
    uint64_t here = (uint64_t)(uintptr_t)&mappings;

    CHECK_INT(mappings_read(getpid(), &mappings, &err), 0);
    for (size_t i = 0; i < mappings.count; i++) {
        CHECK(i == 0 || mappings.list[i - 1].end <= mappings.list[i].start);
        stack |= mappings.list[i].start <= here && here < mappings.list[i].end &&
                 strcmp(mappings.list[i].name, "[stack]") == 0;
    }
    CHECK(stack);
    mappings_free(&mappings);
    CHECK_INT(mappings_read(-1, &mappings, &err), -ENOENT);
    CHECK_CONTAINS(err.message, "read the mappings of process -1: ");
}

TEST(pages_of_own_mappings_are_told)
{
    struct mappings all;
    size_t size = 64 * 4096;
    char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned seen = 0;

    CHECK(area != MAP_FAILED);
    CHECK_INT(mprotect(area, size / 2, PROT_NONE), 0); /* nothing joins with its neighbours */
    CHECK_INT(madvise(area + size / 2, size / 2, MADV_NOHUGEPAGE), 0);
    area[size / 2] = area[size - 4096] = 1;
    CHECK_INT(mappings_read_with_flags(getpid(), &all, NULL), 0);
    for (size_t i = 0; i < all.count; i++) {
        bool upper = all.list[i].start == (uintptr_t)area + size / 2;
        bool lower = all.list[i].end == (uintptr_t)area + size / 2;
        if (upper || lower)
            CHECK_INT(all.list[i].resident, upper ? 8 : 0);
        seen += upper + lower;
    }
    CHECK_INT(seen, 2);
    mappings_free(&all);
    munmap(area, size);
}

TEST(policies_are_read_for_the_mappings_that_have_one)
{
    struct mapping list[] = {{.start = 0x1000}, {.start = 0x2000}, {.start = 0x3000},
                             {.start = 0x4000}, {.start = 0x5000}, {.start = 0x6000}};
    struct mappings mappings = {.list = list, .count = 6};

    policies_parse("00001000 default anon=1\n"
                   "00002000 bind=static:0-1,5 anon=3\n"
                   "00002800 bind:0\n"
                   "00003000 prefer (many):2\n"
                   "00004000 local\n"
                   "00005000 bind:64\n"
                   "00006000 interleave=odd:0\n",
                   &mappings);
    CHECK_INT(list[0].policy, 0);
    CHECK_INT(list[1].policy, 2 | 1 << 15);
    CHECK_INT(list[1].nodes, 0x23);
    CHECK_INT(list[2].policy, 5);
    CHECK_INT(list[2].nodes, 4);
    CHECK_INT(list[3].policy, 4);
    CHECK_INT(list[3].nodes, 0);
    CHECK_INT(list[4].policy, 0);
    CHECK_INT(list[5].policy, 0);
}
