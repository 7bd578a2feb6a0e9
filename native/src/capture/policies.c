/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * On which nodes memory is to lie: mbind(2). A line for each mapping, in order: "7f3a1c000000 bind=static:0-1 anon=3". */
#include "capture/policies.h"

#include "common/cleanup.h"
#include "common/proc.h"

#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    uint16_t mode;
} modes[] = {
    {"prefer (many)", 5 /* MPOL_PREFERRED_MANY */},
    {"prefer", MPOL_PREFERRED},
    {"bind", MPOL_BIND},
    {"interleave", MPOL_INTERLEAVE},
    {"local", MPOL_LOCAL},
    {"weighted interleave", 6 /* MPOL_WEIGHTED_INTERLEAVE */},
};

static const struct {
    const char *name;
    uint16_t flag;
} flags[] = {
    {"static", MPOL_F_STATIC_NODES},
    {"relative", MPOL_F_RELATIVE_NODES},
    {"balancing", 1 << 13 /* MPOL_F_NUMA_BALANCING */},
};

static bool word_take(const char **at, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*at, word, length) != 0 || strchr(" :=|\n", (*at)[length]) == NULL)
        return false;
    *at += length;
    return true;
}

/* "0-1,4" */
static bool nodes_take(const char *at, uint64_t *ret)
{
    *ret = 0;
    do {
        char *end;
        unsigned long first = strtoul(at, &end, 10), last = first;
        if (end == at)
            return false;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        if (last > 63 || first > last)
            return false;
        for (unsigned long node = first; node <= last; node++)
            *ret |= 1ULL << node;
        at = end;
    } while (*at++ == ',');
    return true;
}

static void policy_parse(const char *at, struct mapping *ret)
{
    uint16_t policy = 0;
    uint64_t nodes = 0;

    for (size_t i = 0; policy == 0 && i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (word_take(&at, modes[i].name))
            policy = modes[i].mode;
    }
    if (policy == 0)
        return;
    while (*at == '=' || *at == '|') {
        const char *before = ++at;
        for (size_t i = 0; at == before && i < sizeof(flags) / sizeof(flags[0]); i++) {
            if (word_take(&at, flags[i].name))
                policy |= flags[i].flag;
        }
        if (at == before)
            return;
    }
    if (*at == ':' && !nodes_take(at + 1, &nodes))
        return;
    ret->policy = policy;
    ret->nodes = nodes;
}

void policies_parse(const char *text, struct mappings *mappings)
{
    size_t at = 0;

    for (const char *line = text; line != NULL && *line != 0;) {
        char *end;
        uint64_t start = strtoull(line, &end, 16);
        while (at < mappings->count && mappings->list[at].start < start)
            at++;
        if (at < mappings->count && mappings->list[at].start == start && *end == ' ')
            policy_parse(end + 1, &mappings->list[at]);
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
}

void policies_read(pid_t outer, struct mappings *mappings)
{
    cleanup_free char *text = NULL;

    if (proc_text_read(outer, "numa_maps", &text) == 0)
        policies_parse(text, mappings);
}
