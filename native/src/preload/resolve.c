/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Finds the definition of a symbol behind ours, as dlsym(RTLD_NEXT) would. dlsym itself cannot be used: it lives in
 * libdl or in libc, under different versions, and a program need not have the former. Walks the loaded objects in
 * load order, once for all symbols since every process pays for it, and searches the hash table of each. Called from
 * constructors only. */
#include "preload/preload.h"
#include "preload/text.h"

#include <elf.h>
#include <link.h>

struct search {
    struct symbol_wanted *wanted;
    size_t count, missing;
    bool behind_us;
};

struct tables {
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *gnu_hash;
    const uint32_t *sysv_hash;
    const uint16_t *versions;
};

/* glibc relocates the addresses in the dynamic section, musl and the vDSO do not. */
static const void *table_address(ElfW(Addr) base, ElfW(Addr) value)
{
    return (const void *)(value < base ? base + value : value);
}

static bool tables_find(const struct dl_phdr_info *info, struct tables *ret)
{
    const ElfW(Dyn) *dynamic = NULL;

    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            dynamic = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    }
    for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++) {
        const void *address = table_address(info->dlpi_addr, dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_SYMTAB)
            ret->symbols = address;
        else if (dynamic->d_tag == DT_STRTAB)
            ret->strings = address;
        else if (dynamic->d_tag == DT_GNU_HASH)
            ret->gnu_hash = address;
        else if (dynamic->d_tag == DT_HASH)
            ret->sysv_hash = address;
        else if (dynamic->d_tag == DT_VERSYM)
            ret->versions = address;
    }
    return ret->symbols != NULL && ret->strings != NULL;
}

/* Superseded versions of a symbol, kept for old programs, are marked hidden. */
#define VERSION_HIDDEN 0x8000

static bool is_definition(const struct tables *tables, uint32_t index, const char *name)
{
    const ElfW(Sym) *symbol = &tables->symbols[index];

    if (tables->versions != NULL && (tables->versions[index] & VERSION_HIDDEN) != 0)
        return false;
    return symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) <= STT_FUNC &&
           text_equal(tables->strings + symbol->st_name, name);
}

static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;

    for (const char *c = name; *c != 0; c++)
        hash = hash * 33 + (unsigned char)*c;
    return hash;
}

static const ElfW(Sym) * find_gnu(const struct tables *tables, const char *name, uint32_t hash)
{
    const uint32_t *header = tables->gnu_hash;
    uint32_t bucket_count = header[0], first = header[1], bloom_words = header[2];
    const ElfW(Addr) *bloom = (const void *)(header + 4);
    const uint32_t *buckets = (const void *)(bloom + bloom_words);
    const uint32_t *chains = buckets + bucket_count;
    ElfW(Addr) word = bloom[hash / 64 % bloom_words];

    if ((word >> hash % 64 & word >> (hash >> header[3]) % 64 & 1) == 0)
        return NULL;
    uint32_t at = bucket_count > 0 ? buckets[hash % bucket_count] : 0;
    if (at < first)
        return NULL;
    for (;; at++) {
        uint32_t entry = chains[at - first];
        if ((entry | 1) == (hash | 1) && is_definition(tables, at, name))
            return &tables->symbols[at];
        if (entry & 1)
            return NULL;
    }
}

static const ElfW(Sym) * find_sysv(const struct tables *tables, const char *name)
{
    uint32_t symbol_count = tables->sysv_hash[1];

    for (uint32_t i = 0; i < symbol_count; i++) {
        if (is_definition(tables, i, name))
            return &tables->symbols[i];
    }
    return NULL;
}

static bool holds_us(const struct dl_phdr_info *info)
{
    ElfW(Addr) here = (ElfW(Addr)) & holds_us;

    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        ElfW(Addr) start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && here >= start && here < start + header->p_memsz)
            return true;
    }
    return false;
}

static const ElfW(Sym) * find(const struct tables *tables, const struct symbol_wanted *wanted)
{
    if (tables->gnu_hash != NULL)
        return find_gnu(tables, wanted->name, wanted->hash);
    return tables->sysv_hash != NULL ? find_sysv(tables, wanted->name) : NULL;
}

static int search_object(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct search *search = argument;
    struct tables tables = {0};

    (void)size;
    if (!search->behind_us) {
        search->behind_us = holds_us(info);
        return 0;
    }
    if (!tables_find(info, &tables))
        return 0;
    for (size_t i = 0; i < search->count; i++) {
        struct symbol_wanted *wanted = &search->wanted[i];
        const ElfW(Sym) *symbol = wanted->found == NULL ? find(&tables, wanted) : NULL;
        if (symbol == NULL)
            continue;
        wanted->found = (void *)(info->dlpi_addr + symbol->st_value);
        search->missing--;
    }
    return search->missing == 0;
}

void symbols_find(struct symbol_wanted *wanted, size_t count)
{
    struct search search = {.wanted = wanted, .count = count, .missing = count};

    for (size_t i = 0; i < count; i++) {
        wanted[i].found = NULL;
        wanted[i].hash = gnu_hash(wanted[i].name);
    }
    dl_iterate_phdr(search_object, &search);
}

void *next_symbol(const char *name)
{
    struct symbol_wanted wanted = {.name = name};

    symbols_find(&wanted, 1);
    return wanted.found;
}
