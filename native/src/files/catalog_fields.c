/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The members of files.img. */
#include "files/catalog.h"
#include "image/fields.h"

static const struct field xattr_fields[] = {
    FIELD(file_xattr, name, FIELD_STRING),
    FIELD(file_xattr, value, FIELD_STRING),
    {0},
};
static const struct field stamp_fields[] = {
    FIELD(file_stamp, device, FIELD_U64),   FIELD(file_stamp, inode, FIELD_U64),
    FIELD(file_stamp, size, FIELD_U64),     FIELD(file_stamp, mtime_ns, FIELD_I64),
    FIELD(file_stamp, ctime_ns, FIELD_I64), {0},
};
static const struct field number_fields[] = {
    FIELD(file_number, device, FIELD_U64),
    FIELD(file_number, inode, FIELD_U64),
    {0},
};
static const struct field content_fields[] = {
    FIELD(file_content, name, FIELD_TEXT),
    FIELD(file_content, size, FIELD_U64),
    NUMBERS(file_content, sums, block_count),
    {0},
};
static const struct field entry_fields[] = {
    FIELD(file_entry, path, FIELD_STRING),
    FIELD(file_entry, outside, FIELD_BOOL),
    FIELD(file_entry, kind, FIELD_UINT),
    FIELD(file_entry, mode, FIELD_UINT),
    FIELD(file_entry, uid, FIELD_UINT),
    FIELD(file_entry, gid, FIELD_UINT),
    STRUCT(file_entry, stamp, stamp_fields),
    STRUCT(file_entry, known, number_fields),
    FIELD(file_entry, known_ctime_ns, FIELD_I64),
    FIELD(file_entry, unsure, FIELD_BOOL),
    FIELD(file_entry, same_as, FIELD_INT),
    FIELD(file_entry, target, FIELD_STRING),
    FIELD(file_entry, input_size, FIELD_U64),
    FIELD(file_entry, input_mtime_ns, FIELD_I64),
    ARRAY(file_entry, "xattrs", xattrs, xattr_count, xattr_fields),
    STRUCT(file_entry, content, content_fields),
    {0},
};
static const struct field exclude_fields[] = {
    FIELD(file_exclude, glob, FIELD_STRING),
    {0},
};
static const struct field catalog_fields[] = {
    FIELD(catalog, dedicated, FIELD_BOOL),
    FIELD(catalog, notes_bytes, FIELD_U64),
    STRUCT(catalog, root, number_fields),
    ARRAY(catalog, "excludes", excludes, exclude_count, exclude_fields),
    ARRAY(catalog, "entries", entries, count, entry_fields),
    {0},
};

int catalog_write(const struct catalog *catalog, int dirfd, struct ckpt_error *err)
{
    return fields_write(CATALOG_NAME, catalog_fields, catalog, dirfd, err);
}

int catalog_read(struct catalog *ret, int dirfd, struct ckpt_error *err)
{
    struct catalog catalog = {0};
    int error = fields_read(CATALOG_NAME, catalog_fields, &catalog, dirfd, err);

    if (error == 0)
        error = catalog_check(&catalog, err);
    if (error < 0) {
        catalog_free(&catalog);
        return error;
    }
    *ret = catalog;
    return 0;
}
