/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Whatever bytes a manifest holds, reading it ends in a result or a message,
 * never in a crash; and a manifest that is accepted obeys the rules the restart relies on.
 * Seeded: CKPT_FUZZ_SEED repeats a run. */
#include "fixture.h"
#include "unit.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "store/document.h"
#include "store/manifest.h"
#include "store/manifest_name.h"

#define FUZZ_MS 1500

static uint64_t state;

/* xorshift64* */
static uint32_t roll(uint32_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545f4914f6cdd1d) >> 33) % below;
}

static const char *const pieces[] = {
    "null",     "true",    "-1",   "0",         "18446744073709551616",
    "1e400",    "[]",      "{}",   "\"\"",      "\"..\"",
    "\"",       "\\u0000", "\xff", "[[[[[",     "{{{",
    "\"../x\"", "-0",      ",",    ":",         "}",
    "]",        "1.5",     "NaN",  "\"files\"", "9223372036854775808"};

static size_t mutate(char *text, size_t size, size_t room)
{
    for (unsigned n = 1 + roll(4); n; n--) {
        size_t at = size ? roll((uint32_t)size) : 0, length = roll(24);
        const char *piece = pieces[roll(sizeof(pieces) / sizeof(pieces[0]))];

        switch (roll(5)) {
        case 0: /* change a byte */
            text[at] = (char)roll(256);
            break;
        case 1: /* cut off the end */
            size = at;
            break;
        case 2: /* take something out */
            length = length < size - at ? length : size - at;
            memmove(text + at, text + at + length, size - at - length);
            size -= length;
            break;
        case 3: /* repeat something */
            length = length < size - at ? length : size - at;
            if (size + length <= room) {
                memmove(text + at + length, text + at, size - at);
                size += length;
            }
            break;
        default: /* write a token over it */
            length = strlen(piece) < size - at ? strlen(piece) : size - at;
            memcpy(text + at, piece, length);
        }
    }
    text[size] = '\0';
    return size;
}

static void check_accepted(const struct manifest *manifest)
{
    bool tree = false;

    for (size_t i = 0; i < manifest->file_count; i++) {
        CHECK(manifest_name_is_valid(manifest->files[i].name));
        tree |= strcmp(manifest->files[i].name, MANIFEST_TREE_IMAGE) == 0;
    }
    for (size_t i = 0; i < manifest->process_count; i++)
        CHECK(manifest->processes[i].pid > 0);
    CHECK(tree && manifest->workdir[0] == '/' && manifest->run_seconds >= 0);
}

TEST(malformed_manifests_do_no_harm)
{
    struct store *store = fixture_store();
    const char *seed = getenv("CKPT_FUZZ_SEED");
    cleanup_free char *good = NULL;
    char text[16384];
    uint64_t deadline = clock_monotonic_ms() + FUZZ_MS;
    unsigned rounds = 0, refused = 0;

    state = seed ? strtoull(seed, NULL, 0) | 1 : 0x6e662d636b7074;
    fixture_generation(store);
    good = fixture_read(store, "generations/000001/manifest.json");
    CHECK(strlen(good) < sizeof(text) / 2);
    for (; clock_monotonic_ms() < deadline; rounds++) {
        cleanup_json json_object *document = NULL;
        struct ckpt_error err = {0};
        struct manifest manifest;
        size_t size;

        strcpy(text, good);
        size = mutate(text, strlen(text), sizeof(text) - 1);
        if (document_parse(text, size, "it", &document, &err) == 0 &&
            manifest_from_json(document, "it", &manifest, &err) == 0) {
            check_accepted(&manifest);
            manifest_free(&manifest);
            continue;
        }
        CHECK_INT(err.code, EBADMSG);
        CHECK(strncmp(err.message, "it", 2) == 0 && !strchr(err.message, '\n'));
        refused++;
    }
    CHECK(rounds > 100 && refused > rounds / 2);
    store_close(store);
}
