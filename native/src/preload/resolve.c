/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Finds the definition of a symbol behind ours, as dlsym(RTLD_NEXT) would. dlsym itself cannot be used: it lives in
 * libdl or in libc, under different versions, and a program need not have the former. The objects behind us are listed
 * once, in a constructor; what the program has started with is not unloaded. From then on a search takes no lock and
 * changes nothing, so that it may be made when a function is first called, wherever that is: most processes of a
 * script live for a millisecond and call few. What none of these has is looked for among all that is loaded now: before
 * glibc 2.34 a plug-in may be the first to bring librt or libpthread. */
#include "preload/pages.h"
#include "preload/preload.h"
#include "preload/text.h"

#include <elf.h>
#include <link.h>

#define FEW 8 /* objects that a small program has */

struct tables {
    ElfW(Addr) base;
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *gnu_hash;
    const uint32_t *sysv_hash;
    const uint16_t *versions;
};

static struct tables few[FEW],
    *many; /* those behind us, in load order: the first ones, the others */
static size_t object_count;

struct listing {
    size_t count, room;
    bool behind_us;
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
    ret->base = info->dlpi_addr;
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

static const ElfW(Sym) * find(const struct tables *tables, const char *name, uint32_t hash)
{
    if (tables->gnu_hash != NULL)
        return find_gnu(tables, name, hash);
    return tables->sysv_hash != NULL ? find_sysv(tables, name) : NULL;
}

static int object_list(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct listing *listing = argument;
    struct tables tables = {0};

    (void)size;
    if (!listing->behind_us) {
        listing->behind_us = holds_us(info);
        return 0;
    }
    if (!tables_find(info, &tables))
        return 0;
    if (listing->count < FEW)
        few[listing->count] = tables;
    else if (listing->count < listing->room)
        many[listing->count - FEW] = tables;
    listing->count++;
    return 0;
}

static void objects_list(void)
{
    struct listing first = {.room = FEW}, second = {0};

    dl_iterate_phdr(object_list, &first);
    object_count = first.count < FEW ? first.count : FEW;
    if (first.count <= FEW || (many = pages_new((first.count - FEW) * sizeof(*many))) == NULL)
        return;
    second.room = first.count;
    dl_iterate_phdr(object_list, &second);
    object_count = first.count;
}

struct search {
    const char *name;
    uint32_t hash;
    bool behind_us;
    void *ret;
};

static int object_search(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct search *search = argument;
    struct tables tables = {0};

    (void)size;
    if (!search->behind_us) {
        search->behind_us = holds_us(info);
        return 0;
    }
    const ElfW(Sym) *symbol =
        tables_find(info, &tables) ? find(&tables, search->name, search->hash) : NULL;
    if (symbol == NULL)
        return 0;
    search->ret = (void *)(tables.base + symbol->st_value);
    return 1;
}

void *next_symbol(const char *name)
{
    uint32_t hash = gnu_hash(name);
    struct search late = {.name = name, .hash = hash};

    if (object_count == 0)
        objects_list();
    for (size_t i = 0; i < object_count; i++) {
        const struct tables *tables = i < FEW ? &few[i] : &many[i - FEW];
        const ElfW(Sym) *symbol = find(tables, name, hash);
        if (symbol != NULL)
            return (void *)(tables->base + symbol->st_value);
    }
    dl_iterate_phdr(object_search, &late);
    return late.ret;
}
