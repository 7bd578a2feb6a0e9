/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Output of the subcommands: JSON documents, and short texts for tables. */
#include "cli/command.h"

#include "common/log.h"
#include "store/document.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int finish_output(int status)
{
    struct ckpt_error err;

    errno = EIO;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    ckpt_error_errno(&err, "write to standard output");
    ckpt_fail(&err);
    return EXIT_FAILED;
}

int print_json(struct json_object *document)
{
    const char *text = NULL;
    struct ckpt_error err;

    if (document)
        text = json_object_to_json_string_ext(document, DOCUMENT_STYLE);
    if (!text) {
        ckpt_error_set(&err, ENOMEM, "out of memory");
        ckpt_fail(&err);
        json_object_put(document);
        return EXIT_FAILED;
    }
    puts(text);
    json_object_put(document);
    return finish_output(EXIT_SUCCESS);
}

const char *text_bytes(uint64_t bytes, char text[TEXT_SIZE])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        snprintf(text, TEXT_SIZE, "%" PRIu64 " B", bytes);
        return text;
    }
    for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
        value /= 1024;
    snprintf(text, TEXT_SIZE, value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

const char *text_seconds(double seconds, char text[TEXT_SIZE])
{
    if (seconds < 1)
        snprintf(text, TEXT_SIZE, "%.0f ms", seconds * 1000);
    else if (seconds < 120)
        snprintf(text, TEXT_SIZE, "%.1f s", seconds);
    else if (seconds < 2 * 3600)
        snprintf(text, TEXT_SIZE, "%.1f min", seconds / 60);
    else
        snprintf(text, TEXT_SIZE, "%.1f h", seconds / 3600);
    return text;
}

/* Whether the shell would take the word as it is. */
static bool is_plain(const char *word)
{
    if (!*word)
        return false;
    for (; *word; word++) {
        if (!isalnum((unsigned char)*word) && !strchr("_-+./=:,@%^", *word))
            return false;
    }
    return true;
}

static void put_word(FILE *out, const char *word)
{
    if (is_plain(word)) {
        fputs(word, out);
        return;
    }
    putc('\'', out);
    for (; *word; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            putc((unsigned char)*word < ' ' ? '?' : *word, out);
    }
    putc('\'', out);
}

char *text_command(char *const argv[])
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; argv[i]; i++) {
        if (i)
            putc(' ', out);
        put_word(out, argv[i]);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
