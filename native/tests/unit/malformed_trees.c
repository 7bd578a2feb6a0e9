/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A tree image that is not whole and right in every member is refused in one line before anything believes it. */
#include "fuzz.h"
#include "images.h"
#include "unit.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>

#define FUZZ_MS 2000

static char *sample(void)
{
    struct tree_image tree;
    struct ckpt_error err = {0};

    images_tree(&tree);
    CHECK_INT(tree_image_write(&tree, AT_FDCWD, &err), 0);
    tree_image_free(&tree);
    return images_get("tree.img", NULL);
}

static void check_refusal(const struct ckpt_error *err)
{
    CHECK_INT(err->code, EBADMSG);
    CHECK_CONTAINS(err->message, "'tree.img' ");
    CHECK(!strchr(err->message, '\n'));
}

static void check_refused(const char *text, size_t size, const char *how)
{
    struct tree_image tree;
    struct ckpt_error err = {0};
    int error;

    images_put("tree.img", text, size);
    error = tree_image_read(&tree, AT_FDCWD, &err);
    if (error != -EBADMSG)
        unit_fail(__FILE__, __LINE__, "%s: %d (%s)", how, error, err.message);
    check_refusal(&err);
}

/* The text of document with the member that comes n-th in it changed; false when there are not so many. */
enum change { REMOVE, TO_OBJECT, TO_NULL };

static bool member_change(json_object *value, int *n, enum change change, const char **ret_key)
{
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            if (member_change(json_object_array_get_idx(value, i), n, change, ret_key))
                return true;
        }
        return false;
    }
    if (!json_object_is_type(value, json_type_object))
        return false;
    json_object_object_foreach(value, key, child)
    {
        if ((*n)-- == 0) {
            *ret_key = strdup(key);
            if (change == REMOVE)
                json_object_object_del(value, key);
            else
                json_object_object_add(value, key,
                                       change == TO_NULL ? NULL : json_object_new_object());
            return true;
        }
        if (member_change(child, n, change, ret_key))
            return true;
    }
    return false;
}

static bool may_be_null(const char *key)
{
    return strcmp(key, "path") == 0 || strcmp(key, "exe") == 0 || strcmp(key, "cwd") == 0 ||
           strcmp(key, "directory") == 0 || strcmp(key, "root") == 0;
}

/* How many members the change was tried on. */
static int check_each_member(const char *text, enum change change)
{
    for (int count = 0;; count++) {
        cleanup_json json_object *document = json_tokener_parse(text);
        cleanup_free const char *key = NULL;
        int n = count;

        if (!member_change(document, &n, change, &key))
            return count;
        if (change == TO_NULL && may_be_null(key))
            continue;
        const char *changed = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN);
        check_refused(changed, strlen(changed), key);
    }
}

TEST(tree_without_any_one_member_is_refused)
{
    cleanup_free char *text = sample();

    CHECK(check_each_member(text, REMOVE) > 300);
}

TEST(tree_with_a_member_of_another_type_is_refused)
{
    cleanup_free char *text = sample();

    CHECK(check_each_member(text, TO_OBJECT) > 300);
    CHECK(check_each_member(text, TO_NULL) > 300);
}

static void check_edit_refused(const char *text, const char *from, const char *to)
{
    cleanup_free char *edited = NULL;
    const char *at = strstr(text, from);

    if (!at)
        unit_fail(__FILE__, __LINE__, "'%s' is not in the sample", from);
    CHECK(asprintf(&edited, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) >= 0);
    check_refused(edited, strlen(edited), to);
}

TEST(tree_of_another_format_is_refused_by_its_number)
{
    cleanup_free char *text = sample();
    struct tree_image tree;
    struct ckpt_error err = {0};

    check_edit_refused(text, "\"format\":2", "\"format\":1");
    CHECK_INT(tree_image_read(&tree, AT_FDCWD, &err), -EBADMSG);
    CHECK_STRING(err.message, "'tree.img' has format 1, this version reads 2");
    check_edit_refused(text, "\"format\":2", "\"format\":\"2\"");
    check_edit_refused(text, "\"format\":2", "\"format\":4294967298");
}

TEST(text_that_is_no_json_object_is_no_tree)
{
    static const char *const texts[] = {
        "", "null", "[]", "1", "{", "{}", "\xff", "{}{}", "\"a\"", "{\"format\"", "{\"format\":2"};
    cleanup_free char *text = sample();
    size_t size = strlen(text);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check_refused(texts[i], strlen(texts[i]), texts[i]);
    check_refused(text, size - 1, "cut off");
    cleanup_free char *more = malloc(size + 2);
    memcpy(more, text, size);
    memcpy(more + size, " x", 2);
    check_refused(more, size + 2, "text behind the end");
    memcpy(more + size, "\0x", 2);
    check_refused(more, size + 2, "bytes behind the end");
}

TEST(indices_that_lead_nowhere_are_refused)
{
    cleanup_free char *text = sample();
    char kinds[32], kinds_and_one[32];

    /* The sample has one description of each kind. */
    snprintf(kinds, sizeof(kinds), "\"description\":%d", DESCRIPTION_KINDS - 1);
    snprintf(kinds_and_one, sizeof(kinds_and_one), "\"description\":%d", DESCRIPTION_KINDS);
    check_edit_refused(text, kinds, kinds_and_one);
    check_edit_refused(text, kinds, "\"description\":-1");
    snprintf(kinds, sizeof(kinds), "\"kind\":%d", DESCRIPTION_KINDS - 1);
    snprintf(kinds_and_one, sizeof(kinds_and_one), "\"kind\":%d", DESCRIPTION_KINDS);
    check_edit_refused(text, kinds, kinds_and_one);
    check_edit_refused(text, kinds, "\"kind\":4294967295");
    check_edit_refused(text, "\"pipe\":1", "\"pipe\":2");
    check_edit_refused(text, "\"pipe\":1", "\"pipe\":-1");
    check_edit_refused(text, "\"root\":100", "\"root\":99");
    check_edit_refused(text, "\"terminal\":0", "\"terminal\":1");
}

TEST(numbers_out_of_range_are_refused)
{
    cleanup_free char *text = sample();

    check_edit_refused(text, "\"pid\":102", "\"pid\":101");
    check_edit_refused(text, "\"pid\":102", "\"pid\":1");
    check_edit_refused(text, "\"pid\":102", "\"pid\":7"); /* the supervisor's */
    check_edit_refused(text, "\"pid\":102", "\"pid\":2147483648");
    check_edit_refused(text, "\"pid\":102", "\"pid\":102.0");
    check_edit_refused(text, "\"parent\":7", "\"parent\":0");
    check_edit_refused(text, "\"session\":5", "\"session\":-5");
    check_edit_refused(text, "\"group\":102", "\"group\":-1");
    check_edit_refused(text, "\"monotonic_ns\":123", "\"monotonic_ns\":-1");
    check_edit_refused(text, "\"offset\":9223372036854775807", "\"offset\":9223372036854775808");
    check_edit_refused(text, "\"fd\":39", "\"fd\":2147483647");
    check_edit_refused(text, "\"fd\":39", "\"fd\":-1");
    check_edit_refused(text, "\"fd\":5,\"description\"", "\"fd\":-1,\"description\"");
    check_edit_refused(text, "\"fd\":5,\"description\":2", "\"fd\":5,\"description\":99");
    check_edit_refused(text, "\"events\":2147483649", "\"events\":-1");
    check_edit_refused(text, "\"number\":3", "\"number\":-1");
    check_edit_refused(text, "\"number\":3", "\"number\":4096");
    check_edit_refused(text, "\"use\":2", "\"use\":4");
    check_edit_refused(text, "\"slave\":1", "\"slave\":3");
    check_edit_refused(text, "\"foreground\":100", "\"foreground\":-1");
    check_edit_refused(text, "\"queued\":17", "\"queued\":65537");
    check_edit_refused(text, "\"capacity\":65536", "\"capacity\":-1");
    check_edit_refused(text, "\"size\":8192", "\"size\":9223372036854775808");
}

TEST(ends_that_cannot_be_repeated_are_refused)
{
    static const char *const statuses[] = {"19", "20", "17", "127", "65", "4991", "65536", "-1"};
    cleanup_free char *text = sample();

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        char edited[64];
        snprintf(edited, sizeof(edited), "\"exit_status\":%s", statuses[i]);
        check_edit_refused(text, "\"exit_status\":768", edited);
    }
}

TEST(stops_and_ended_main_threads_that_cannot_be_are_refused)
{
    cleanup_free char *text = sample();

    check_edit_refused(text, "\"stopped\":20", "\"stopped\":9");
    check_edit_refused(text, "\"stopped\":20", "\"stopped\":-1");
    check_edit_refused(text, "\"stopped\":20", "\"stopped\":4294967316");
    check_edit_refused(text, "\"exit_status\":1280", "\"exit_status\":9");
    check_edit_refused(text, "\"exit_signal\":10", "\"exit_signal\":65");
    check_edit_refused(text, "\"exit_signal\":10", "\"exit_signal\":-1");
    check_edit_refused(text, "\"zombie\":true,\"stopped\":0", "\"zombie\":true,\"stopped\":19");
    check_edit_refused(text,
                       "\"stopped\":0,\"main_ended\":false,\"exit_signal\":0,\"exit_status\":768",
                       "\"stopped\":0,\"main_ended\":true,\"exit_signal\":0,\"exit_status\":768");
}

TEST(names_that_lead_elsewhere_are_refused)
{
    cleanup_free char *text = sample();

    check_edit_refused(text, "\"file-1.data\"", "\"../1.data\"");
    check_edit_refused(text, "\"pipe-1.data\"", "\"\\/etc\\/passwd\"");
    check_edit_refused(text, "\"terminal-0-in.data\"", "\"..\"");
    check_edit_refused(text, "\"system-v-1-32769.data\"", "\"..\"");
    check_edit_refused(text, "\"id\":32769", "\"id\":-1");
    check_edit_refused(text, "\"size\":16384", "\"size\":9223372036854775808");
    check_edit_refused(text, "\"shared-1.data\"", "\"\"");
    check_edit_refused(text, "\"shared-1.data\"", "\".hidden\"");
    check_edit_refused(text, "\"size\":1096", "\"size\":0");
    check_edit_refused(text, "\"size\":1096", "\"size\":8193");
    check_edit_refused(text, "\"page_shift\":0", "\"page_shift\":12");
    check_edit_refused(text, "\"shared-1.data\"", "\"a-name-of-too-many-characters-.data\"");
    check_edit_refused(text, "\"shared-1.data\"", "\"a\\u0000b\"");
    check_edit_refused(text, "\"\\/tmp\\/gone\"", "\"gone\"");
    check_edit_refused(text, "\"\\/tmp\\/gone\"", "null");
    check_edit_refused(text, "\"\\/tmp\\/gone\"", "\"\\/tmp\\u0000\"");
    check_edit_refused(text, "\"cwd\":\"\\/work\"", "\"cwd\":null");
    check_edit_refused(text, "\"exe\":\"\\/bin", "\"exe\":\"bin");
}

TEST(arrays_of_a_wrong_length_are_refused)
{
    cleanup_free char *text = sample();

    check_edit_refused(text, "\"limits\":[", "\"limits\":[{\"soft\":1,\"hard\":1},");
    check_edit_refused(text, "\"limits\":[{\"soft\":1024,\"hard\":18446744073709551615},",
                       "\"limits\":[");
    check_edit_refused(text, "\"auxv\":[", "\"auxv\":[\"1\",");
    check_edit_refused(text, "\"auxv\":[", "\"auxv\":[-1,");
    check_edit_refused(text, "\"auxv\":[",
                       "\"auxv\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
                       "19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,"
                       "37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,"
                       "55,56,57,");
    check_edit_refused(text, "\"pipes\":[", "\"pipes\":[null,");
}

static void check_accepted(const struct tree_image *tree)
{
    for (size_t i = 0; i < tree->description_count; i++) {
        const struct image_description *description = &tree->descriptions[i];
        CHECK(description->kind < DESCRIPTION_KINDS && !strchr(description->data, '/'));
        if (description->kind == DESCRIPTION_PIPE || description->kind == DESCRIPTION_FIFO)
            CHECK(description->pipe >= 0 && (size_t)description->pipe < tree->pipe_count);
        if (description->kind == DESCRIPTION_SOCKET)
            CHECK(description->socket >= 0 && (size_t)description->socket < tree->socket_count);
        if (description->kind <= DESCRIPTION_DEVICE)
            CHECK(description->path[0] == '/');
    }
    for (size_t i = 0; i < tree->process_count; i++) {
        const struct image_process *process = &tree->processes[i];
        CHECK(process->pid > 1 && process->auxv_words <= IMAGE_AUXV_WORDS);
        CHECK(process->zombie || (process->exe && process->cwd));
        for (size_t j = 0; j < process->descriptor_count; j++) {
            int index = process->descriptors[j].description;
            CHECK(index >= 0 && (size_t)index < tree->description_count);
            CHECK(process->descriptors[j].fd >= 0 && process->descriptors[j].fd < INT_MAX - 1);
        }
        for (size_t j = 0; j < i; j++)
            CHECK(tree->processes[j].pid != process->pid);
    }
    CHECK(tree_image_process(tree, tree->root) != NULL);
}

TEST(damaged_trees_do_no_harm)
{
    cleanup_free char *good = sample();
    size_t length = strlen(good), room = length + 1024;
    cleanup_free char *text = malloc(room + 1);
    unsigned rounds = 0, refused = 0;

    fuzz_start(FUZZ_MS);
    for (; fuzz_goes_on(); rounds++) {
        struct tree_image tree;
        struct ckpt_error err = {0};

        memcpy(text, good, length + 1);
        images_put("tree.img", text,
                   rounds % 4 ? fuzz_text_numbers(text, length, room)
                              : fuzz_text(text, length, room));
        if (tree_image_read(&tree, AT_FDCWD, &err) == 0) {
            check_accepted(&tree);
            tree_image_free(&tree);
            continue;
        }
        check_refusal(&err);
        refused++;
    }
    CHECK(rounds > 100 && refused > rounds / 8 && refused < rounds);
}
