/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A process that comes from another kernel. The vDSO is code of the kernel in every process, and libc keeps addresses
 * into it. Where the running one differs the saved bytes stay at their place, for whoever looks at their symbols, and
 * each function begins with a jump to the running one, which stands elsewhere. A process that moves on to a third
 * kernel has the first vDSO as ordinary memory, and the jumps in it lead to jumps. */
#include "restore/vdso.h"

#include "arch/x86_64/trampoline.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The parts of a vDSO, each checked to lie within it. */
struct symbols {
    const struct vdso *vdso;
    uint64_t base; /* address that the first byte was linked at */
    const char *strings;
    size_t strings_size;
    uint64_t symbols; /* offset */
    uint64_t count;
};

static bool read_at(const struct vdso *vdso, uint64_t offset, void *ret, size_t size)
{
    if (offset > vdso->size || size > vdso->size - offset)
        return false;
    memcpy(ret, vdso->bytes + offset, size);
    return true;
}

/* A GNU hash table does not say how many symbols there are: the last chain ends with the last of them. */
static uint64_t gnu_count(const struct vdso *vdso, uint64_t at)
{
    uint32_t header[4], last = 0, entry = 0;

    if (!read_at(vdso, at, header, sizeof(header)))
        return 0;
    uint64_t buckets = at + sizeof(header) + header[2] * 8ULL;
    for (uint64_t i = 0; i < header[0]; i++) {
        if (!read_at(vdso, buckets + i * 4, &entry, sizeof(entry)))
            return 0;
        last = entry > last ? entry : last;
    }
    uint64_t chains = buckets + header[0] * 4ULL;
    for (; last >= header[1]; last++) {
        if (!read_at(vdso, chains + (last - header[1]) * 4ULL, &entry, sizeof(entry)))
            return 0;
        if (entry & 1)
            return last + 1ULL;
    }
    return 0;
}

static bool dynamic_read(struct symbols *ret, const Elf64_Phdr *dynamic)
{
    const struct vdso *vdso = ret->vdso;
    uint64_t strings = 0, sysv = 0, gnu = 0;
    uint32_t header[2] = {0};
    Elf64_Dyn entry;

    for (uint64_t at = dynamic->p_offset; read_at(vdso, at, &entry, sizeof(entry));
         at += sizeof(entry)) {
        if (entry.d_tag == DT_NULL)
            break;
        uint64_t offset = entry.d_un.d_ptr - ret->base;
        if (entry.d_tag == DT_SYMTAB)
            ret->symbols = offset;
        else if (entry.d_tag == DT_STRTAB)
            strings = offset;
        else if (entry.d_tag == DT_STRSZ)
            ret->strings_size = entry.d_un.d_val;
        else if (entry.d_tag == DT_HASH)
            sysv = offset;
        else if (entry.d_tag == DT_GNU_HASH)
            gnu = offset;
    }
    if (sysv != 0 && read_at(vdso, sysv, header, sizeof(header)))
        ret->count = header[1];
    else if (gnu != 0)
        ret->count = gnu_count(vdso, gnu);
    if (strings == 0 || strings >= vdso->size || ret->strings_size == 0 ||
        ret->strings_size > vdso->size - strings || ret->symbols == 0)
        return false;
    ret->strings = (const char *)vdso->bytes + strings;
    return ret->strings[ret->strings_size - 1] == 0 && ret->count <= vdso->size / sizeof(Elf64_Sym);
}

static bool symbols_read(const struct vdso *vdso, struct symbols *ret)
{
    Elf64_Ehdr header;
    Elf64_Phdr program, dynamic = {0};
    bool loaded = false;

    *ret = (struct symbols){.vdso = vdso};
    if (!read_at(vdso, 0, &header, sizeof(header)) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return false;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        if (!read_at(vdso, header.e_phoff + i * sizeof(program), &program, sizeof(program)))
            return false;
        if (program.p_type == PT_LOAD && !loaded) {
            ret->base = program.p_vaddr - program.p_offset;
            loaded = true;
        } else if (program.p_type == PT_DYNAMIC) {
            dynamic = program;
        }
    }
    return loaded && dynamic.p_type == PT_DYNAMIC && dynamic_read(ret, &dynamic);
}

struct function {
    const char *name;
    uint64_t offset, size;
};

static bool function_at(const struct symbols *symbols, uint64_t index, struct function *ret)
{
    Elf64_Sym symbol;

    if (!read_at(symbols->vdso, symbols->symbols + index * sizeof(symbol), &symbol,
                 sizeof(symbol)) ||
        ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF ||
        symbol.st_name >= symbols->strings_size)
        return false;
    ret->name = symbols->strings + symbol.st_name;
    ret->offset = symbol.st_value - symbols->base;
    ret->size = symbol.st_size;
    return ret->offset < symbols->vdso->size && ret->size <= symbols->vdso->size - ret->offset;
}

static bool function_find(const struct symbols *symbols, const char *name, struct function *ret)
{
    for (uint64_t i = 0; i < symbols->count; i++) {
        if (function_at(symbols, i, ret) && strcmp(ret->name, name) == 0)
            return true;
    }
    return false;
}

static void patch_make(const struct function *from, const struct symbols *running,
                       struct restorer_patch *ret)
{
    struct function to;
    int32_t number = arch_vdso_syscall(from->name);

    if (function_find(running, from->name, &to))
        ret->size = arch_trampoline_jump(ret->code, running->vdso->address + to.offset);
    else if (number >= 0)
        ret->size = arch_trampoline_syscall(ret->code, number);
    else
        ret->size = arch_trampoline_refuse(ret->code);
}

static bool is_patched(const struct restorer_patch *patches, uint64_t count, uint64_t address)
{
    for (uint64_t i = 0; i < count; i++) {
        if (patches[i].address == address)
            return true;
    }
    return false;
}

int vdso_redirect(const struct vdso *saved, const struct vdso *running,
                  struct restorer_patch ret[RESTORER_PATCH_MAX], uint64_t *ret_count,
                  struct ckpt_error *err)
{
    struct symbols from, to;
    struct function function;
    uint64_t count = 0;

    if (!symbols_read(saved, &from) || !symbols_read(running, &to))
        return ckpt_error_set(err, ENOTSUP, "the vDSO has no table of its functions");
    for (uint64_t i = 0; i < from.count; i++) {
        if (!function_at(&from, i, &function) ||
            is_patched(ret, count, saved->address + function.offset))
            continue;
        struct restorer_patch patch = {.address = saved->address + function.offset};
        patch_make(&function, &to, &patch);
        if (patch.size > function.size || count == RESTORER_PATCH_MAX)
            return ckpt_error_set(err, ENOTSUP,
                                  "no room for a jump in the function '%.40s' of the vDSO",
                                  function.name);
        ret[count++] = patch;
    }
    *ret_count = count;
    return 0;
}
