/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A process image read back is the one written, and any other is refused in one line: the restorer believes it all. */
#include "fuzz.h"
#include "images.h"
#include "unit.h"

#include "common/cleanup.h"
#include "image/tree_check.h"

#include <fcntl.h>

#define FUZZ_MS 2000

TEST(process_image_read_back_is_the_one_written)
{
    struct process_image image, back;
    struct ckpt_error err = {0};

    images_process(&image);
    images_put_process(&image);
    if (process_image_read(&back, AT_FDCWD, IMAGES_PID, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    CHECK_INT(back.vma_count, image.vma_count);
    CHECK_INT(memcmp(back.vmas, image.vmas, image.vma_count * sizeof(*image.vmas)), 0);
    CHECK_INT(back.run_count, image.run_count);
    CHECK_INT(memcmp(back.runs, image.runs, image.run_count * sizeof(*image.runs)), 0);
    CHECK_INT(back.strings_size, image.strings_size);
    CHECK_INT(memcmp(back.strings, image.strings, image.strings_size), 0);
    CHECK_INT(back.page_count, image.page_count);
    process_image_free(&back);
    process_image_free(&image);
}

TEST(process_without_memory_is_read_back)
{
    struct process_image image = {0}, back;
    struct ckpt_error err = {0};

    images_put_process(&image);
    CHECK_INT(process_image_read(&back, AT_FDCWD, IMAGES_PID, &err), 0);
    CHECK_INT(back.vma_count + back.run_count + back.strings_size + back.page_count, 0);
    process_image_free(&back);
}

TEST(runs_join_within_a_mapping_and_names_are_stored_once)
{
    struct process_image image;

    images_process(&image);
    CHECK_INT(image.run_count, 4);
    CHECK_INT(image.runs[0].address, 0x402000);
    CHECK_INT(image.runs[0].count, 2);
    CHECK_INT(image.runs[1].address, 0x404000);
    CHECK_INT(image.runs[1].page, 2);
    CHECK_INT(image.page_count, 6);
    CHECK_INT(image.vmas[0].path, 1);
    CHECK_INT(image.vmas[1].path, 1);
    CHECK_STRING(image.strings + image.vmas[0].path, "/bin/\xff\nodd");
    CHECK_STRING(image.strings + image.vmas[3].path, "/data/db");
    process_image_free(&image);
}

static void check_refusal(const struct ckpt_error *err)
{
    CHECK_INT(err->code, EBADMSG);
    CHECK(strncmp(err->message, "'100.", 5) == 0 && !strchr(err->message, '\n'));
}

static void check_refused(const char *how)
{
    struct process_image image;
    struct ckpt_error err = {0};
    int error = process_image_read(&image, AT_FDCWD, IMAGES_PID, &err);

    if (error != -EBADMSG)
        unit_fail(__FILE__, __LINE__, "%s: %d (%s)", how, error, err.message);
    check_refusal(&err);
}

/* The file, seen as what it is made of. */
struct parts {
    char *data;
    size_t size;
    struct image_header *header;
    struct image_vma *vma;
    struct image_run *run;
    struct image_guard *guard;
    char *strings;
};

static struct parts sample(void)
{
    struct process_image image;
    struct parts parts;

    images_process(&image);
    images_put_process(&image);
    parts.data = images_get("100.img", &parts.size);
    parts.header = (struct image_header *)parts.data;
    parts.vma = (struct image_vma *)(parts.header + 1);
    parts.run = (struct image_run *)(parts.vma + image.vma_count);
    parts.guard = (struct image_guard *)(parts.run + image.run_count);
    parts.strings = (char *)(parts.guard + image.guard_count);
    process_image_free(&image);
    return parts;
}

#define CHECK_DAMAGE(statement)                                                                    \
    do {                                                                                           \
        struct parts p = sample();                                                                 \
        statement;                                                                                 \
        images_put("100.img", p.data, p.size);                                                     \
        free(p.data);                                                                              \
        check_refused(#statement);                                                                 \
    } while (0)

TEST(foreign_process_images_are_refused)
{
    struct process_image image;
    struct ckpt_error err = {0};

    CHECK_DAMAGE(p.header->version = 1);
    CHECK_INT(process_image_read(&image, AT_FDCWD, IMAGES_PID, &err), -EBADMSG);
    CHECK_STRING(err.message, "'100.img' has version 1, this version reads 2");
    CHECK_DAMAGE(p.header->version = 0x01000000); /* the other byte order */
    CHECK_DAMAGE(p.header->magic[7] = 'x');
    CHECK_DAMAGE(memset(p.data, 0, p.size));
}

TEST(truncated_process_images_are_refused)
{
    struct parts whole = sample();

    for (size_t size = 0; size < whole.size; size++) {
        images_put("100.img", whole.data, size);
        check_refused("truncated");
    }
    free(whole.data);
    CHECK_DAMAGE(p.data = realloc(p.data, p.size + 1); p.data[p.size++] = 0);
}

TEST(counts_that_do_not_fit_the_file_are_refused)
{
    CHECK_DAMAGE(p.header->vma_count++);
    CHECK_DAMAGE(p.header->vma_count--);
    CHECK_DAMAGE(p.header->vma_count = UINT32_MAX);
    CHECK_DAMAGE(p.header->run_count++);
    CHECK_DAMAGE(p.header->run_count = UINT64_MAX);
    /* Sums that are right again modulo 2^64. */
    CHECK_DAMAGE(p.header->run_count += 1ull << 61);
    CHECK_DAMAGE(p.header->run_count--; p.header->strings_size += 24);
    CHECK_DAMAGE(p.header->run_count += 1ull << 40; p.header->strings_size -= 24ull << 40);
    CHECK_DAMAGE(p.header->strings_size = UINT64_MAX);
    CHECK_DAMAGE(p.header->strings_size--);
}

TEST(mappings_that_cannot_be_are_refused)
{
    CHECK_DAMAGE(p.vma[1].start -= 4096);        /* overlaps */
    CHECK_DAMAGE(p.vma[0].end = p.vma[0].start); /* empty */
    CHECK_DAMAGE(p.vma[0].end += 1);             /* not aligned */
    CHECK_DAMAGE(p.vma[0].start = 0x2001);       /* not aligned */
    CHECK_DAMAGE(p.vma[0].start = 0);            /* the page of NULL */
    CHECK_DAMAGE(p.vma[7].end = 0x800000000000); /* the kernel's */
    CHECK_DAMAGE(p.vma[7].end = UINT64_MAX - 4095);
    CHECK_DAMAGE(struct image_vma t = p.vma[3]; p.vma[3] = p.vma[4]; p.vma[4] = t); /* order */
    CHECK_DAMAGE(p.vma[0].kind = VMA_KINDS);
    CHECK_DAMAGE(p.vma[0].kind = UINT32_MAX);
    CHECK_DAMAGE(p.vma[0].protection = 8);
    CHECK_DAMAGE(p.vma[0].offset = 1);
}

TEST(runs_that_lie_outside_their_mappings_are_refused)
{
    CHECK_DAMAGE(p.run[0].address -= 4096);              /* from the mapping before */
    CHECK_DAMAGE(p.run[0].count = 3; p.run[1].page = 3); /* into the next one */
    CHECK_DAMAGE(p.run[3].address = 0x7ffd00021000);     /* behind */
    CHECK_DAMAGE(p.run[3].address = 0x7fff00000000);     /* behind all */
    CHECK_DAMAGE(p.run[0].address = 0x3ff000);           /* before all */
    CHECK_DAMAGE(p.run[2].address = 0x500000; p.run[2].count = 1; p.run[3].page--;
                 p.header->page_count--);            /* a shared file's */
    CHECK_DAMAGE(p.run[2].address = 0x600000);       /* a shared object's */
    CHECK_DAMAGE(p.run[3].address = 0x7ffd10000000); /* vvar */
    CHECK_DAMAGE(p.run[2].address = 0x404000);       /* overlaps */
    CHECK_DAMAGE(p.run[2].address++);
    CHECK_DAMAGE(p.run[2].address = UINT64_MAX - 4095); /* wraps */
}

TEST(runs_whose_counts_lie_are_refused)
{
    CHECK_DAMAGE(p.run[3].count = 0; p.header->page_count--);
    CHECK_DAMAGE(p.run[3].count = 1ull << 52);
    CHECK_DAMAGE(p.run[3].count = UINT64_MAX);
    CHECK_DAMAGE(p.run[1].page++);
    CHECK_DAMAGE(p.run[1].page = 0);
    CHECK_DAMAGE(p.header->page_count++);
    CHECK_DAMAGE(p.header->page_count--);
    CHECK_DAMAGE(p.header->page_count = UINT64_MAX);
    /* Also where the pages agree with the header. */
    CHECK_DAMAGE(p.header->page_count++; images_put_pages(p.header->page_count * 4096));
    CHECK_DAMAGE(p.header->page_count--; images_put_pages(p.header->page_count * 4096));
}

TEST(guards_outside_their_mappings_are_refused)
{
    CHECK_DAMAGE(p.guard[0].address = 0x4ff000);
    CHECK_DAMAGE(p.guard[0].address++);
    CHECK_DAMAGE(p.guard[0].count = 4); /* into what is not mapped */
    CHECK_DAMAGE(p.guard[1].count = 0);
    CHECK_DAMAGE(p.guard[1].count = UINT64_MAX);
    CHECK_DAMAGE(p.guard[1].address = 0x404000); /* order */
    CHECK_DAMAGE(p.header->guard_count++);
    CHECK_DAMAGE(p.header->guard_count = UINT64_MAX);
    CHECK_DAMAGE(p.header->guard_count += 1ull << 60);
}

TEST(flags_of_mappings_that_cannot_be_are_refused)
{
    CHECK_DAMAGE(p.vma[2].flags = VMA_FLAGS + 1);
    CHECK_DAMAGE(p.vma[2].flags = VMA_USERFAULT);
    CHECK_DAMAGE(p.vma[2].page_shift = 21);
    CHECK_DAMAGE(p.vma[6].page_shift = 12);
    CHECK_DAMAGE(p.vma[6].page_shift = 30); /* it is not that large */
    CHECK_DAMAGE(p.vma[6].start += 4096);
    CHECK_DAMAGE(p.vma[6].pkey = 16);
}

TEST(strings_without_an_end_are_refused)
{
    CHECK_DAMAGE(p.data[p.size - 1] = 'x');
    CHECK_DAMAGE(p.strings[0] = 'x');
    CHECK_DAMAGE(p.vma[0].path = (uint32_t)p.header->strings_size);
    CHECK_DAMAGE(p.vma[0].path = UINT32_MAX);
    CHECK_DAMAGE(p.vma[0].path = 0); /* a file needs one */
    CHECK_DAMAGE(p.vma[2].path = 1); /* and nothing else has one */
    CHECK_DAMAGE(p.vma[2].path = UINT32_MAX);
}

TEST(pages_of_another_size_are_refused)
{
    struct process_image image;
    struct ckpt_error err = {0};

    images_process(&image);
    images_put_process(&image);
    images_put_pages(image.page_count * 4096 - 1);
    check_refused("a byte less");
    images_put_pages((image.page_count - 1) * 4096);
    check_refused("a page less");
    images_put_pages(image.page_count * 4096 + 1);
    check_refused("a byte more");
    unlink("100.mem");
    CHECK_INT(process_image_read(&image, AT_FDCWD, IMAGES_PID, &err), -ENOENT);
    CHECK_CONTAINS(err.message, "'100.mem'");
    CHECK_INT(symlink("100.img", "100.mem"), 0);
    check_refused("a link");
    process_image_free(&image);
}

/* All living processes of a tree are looked at, also for what they share. */
TEST(tree_with_a_bad_process_image_is_refused_before_a_restart)
{
    struct tree_image tree;
    struct process_image image;
    struct ckpt_error err = {0};

    images_tree(&tree);
    images_process(&image);
    images_put_process(&image);
    CHECK_INT(tree_image_check_processes(&tree, AT_FDCWD, &err), -ENOENT);
    CHECK_CONTAINS(err.message, "'102.img'");
    CHECK_INT(link("100.img", "102.img"), 0);
    CHECK_INT(link("100.mem", "102.mem"), 0);
    if (tree_image_check_processes(&tree, AT_FDCWD, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    tree.shared_count = 0;
    CHECK_INT(tree_image_check_processes(&tree, AT_FDCWD, &err), -EBADMSG);
    CHECK_CONTAINS(err.message, "'100.img' is damaged: it maps shared memory");
    tree.shared_count = 1;
    images_put_pages(0);
    CHECK_INT(tree_image_check_processes(&tree, AT_FDCWD, &err), -EBADMSG);
    process_image_free(&image);
    tree_image_free(&tree);
}

static void check_accepted(const struct process_image *image)
{
    uint64_t pages = 0;

    for (size_t i = 0; i < image->vma_count; i++) {
        const struct image_vma *vma = &image->vmas[i];
        CHECK(vma->start < vma->end && vma->end < 1ull << 47 && vma->kind < VMA_KINDS);
        CHECK(i == 0 || image->vmas[i - 1].end <= vma->start);
        CHECK(vma->path == 0 ||
              memchr(image->strings + vma->path, 0, image->strings_size - vma->path) != NULL);
    }
    for (size_t i = 0; i < image->run_count; i++) {
        const struct image_run *run = &image->runs[i];
        bool within = false;
        for (size_t j = 0; j < image->vma_count; j++)
            within |= image->vmas[j].kind <= VMA_FILE_PRIVATE &&
                      run->address >= image->vmas[j].start && run->count < 1ull << 35 &&
                      run->address + run->count * 4096 <= image->vmas[j].end;
        CHECK(within && run->count > 0 && run->page == pages);
        pages += run->count;
    }
    CHECK_INT(pages, image->page_count);
    CHECK_INT(pages, 6); /* what 100.mem holds */
}

TEST(damaged_process_images_do_no_harm)
{
    struct parts good = sample();
    cleanup_free char *data = malloc(good.size);
    unsigned rounds = 0, refused = 0;

    fuzz_start(FUZZ_MS);
    for (; fuzz_goes_on(); rounds++) {
        struct process_image image;
        struct ckpt_error err = {0};

        memcpy(data, good.data, good.size);
        images_put("100.img", data, fuzz_numbers(data, good.size));
        if (process_image_read(&image, AT_FDCWD, IMAGES_PID, &err) == 0) {
            check_accepted(&image);
            process_image_free(&image);
            continue;
        }
        check_refusal(&err);
        refused++;
    }
    CHECK(rounds > 100 && refused > rounds / 4 && refused < rounds);
    free(good.data);
}
