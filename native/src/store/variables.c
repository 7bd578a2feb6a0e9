/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Recording what incarnations had in their environments, and telling what has become of it. */
#include "store/variables.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "wire/variables.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define FILE_NAME  "variables"
#define FILE_LIMIT (64 << 20)
#define NAME_ROOM  256

/* Slurm, PBS, LSF and Grid Engine, in this order; then what several of them set. Nothing of Nextflow's: what it exports
 * to a task are paths below the work directory, which stays where it was for the task. */
static const char batch_systems[] =
    "SLURM_*,SLURMD_*,SRUN_*,"
    "PBS_*,"
    "LSB_*,LS_*,LSF_*,"
    "SGE_*,JOB_ID,JOB_NAME,JOB_SCRIPT,QUEUE,NSLOTS,NHOSTS,NQUEUES,PE,PE_HOSTFILE,REQUEST,REQNAME,"
    "RESTARTED,ARC,"
    "TMPDIR,TMP,TEMP,TEMPDIR,KRB5CCNAME,"
    "CUDA_VISIBLE_DEVICES,GPU_DEVICE_ORDINAL,ROCR_VISIBLE_DEVICES,ZE_AFFINITY_MASK";

/* Ours, and what describes a place that does not change. */
static const char never[] = "LD_PRELOAD,CKPT_*,PWD,OLDPWD,SHLVL,_,NXF_TASK_WORKDIR";

static bool glob_list_holds(const char *list, const char *name)
{
    while (*list != 0) {
        char glob[NAME_ROOM];
        size_t length = strcspn(list, ",");

        if (length < sizeof(glob)) {
            memcpy(glob, list, length);
            glob[length] = 0;
            if ((strcmp(glob, VARIABLES_DEFAULT) == 0 && glob_list_holds(batch_systems, name)) ||
                fnmatch(glob, name, 0) == 0)
                return true;
        }
        list += length + (list[length] == ',');
    }
    return false;
}

bool variables_list_holds(const char *list, const char *text, size_t length)
{
    char name[NAME_ROOM];

    if (length == 0 || length >= sizeof(name) || strcmp(list, "none") == 0)
        return false;
    memcpy(name, text, length);
    name[length] = 0;
    return glob_list_holds(list, name) && !glob_list_holds(never, name);
}

int variables_list_check(const char *list, struct ckpt_error *err)
{
    for (const char *at = list; strcmp(list, "none") != 0; at++) {
        size_t length = 0;

        while (isalnum((unsigned char)at[length]) || (at[length] && strchr("_*?[]-!", at[length])))
            length++;
        if (length == 0 || length >= NAME_ROOM || isdigit((unsigned char)*at) ||
            (at[length] != ',' && at[length] != 0))
            return ckpt_error_set(
                err, EINVAL,
                "--refresh-env is '%s', allowed are names of variables and globs, "
                "separated by commas, 'default' among them, or 'none'",
                list);
        at += length;
        if (*at == 0)
            break;
    }
    return 0;
}

/* ---- the file ---- */

struct record {
    char *text; /* entries, and an empty one behind the last */
    size_t size;
};

#define FOR_EACH_ENTRY(entry, record)                                                              \
    for (const char *entry = (record)->text; *entry != 0; entry += strlen(entry) + 1)

/* There is none where an earlier version began the task. */
static int record_read(struct store *store, struct record *ret, struct ckpt_error *err)
{
    char *text = NULL;
    size_t size = 0;

    if (read_file_at(store->dirfd, FILE_NAME, FILE_LIMIT, &text, &size) < 0 && errno != ENOENT)
        return ckpt_error_errno(err, "read '%s/" FILE_NAME "'", store->path);
    ret->text = calloc(1, size + 2);
    if (ret->text != NULL && size > 0)
        memcpy(ret->text, text, size);
    ret->size = size;
    free(text);
    return ret->text != NULL ? 0 : ckpt_error_set(err, ENOMEM, "no memory");
}

static const char *record_list(const struct record *record, const char *given)
{
    const char *list = NULL;

    FOR_EACH_ENTRY(entry, record)
    {
        if (entry[0] == 'L')
            list = entry + 1;
    }
    return given != NULL ? given : list != NULL ? list : VARIABLES_DEFAULT;
}

static bool record_holds(const struct record *record, const char *variable)
{
    FOR_EACH_ENTRY(entry, record)
    {
        if (entry[0] != 'L' && strcmp(entry + 1, variable) == 0)
            return true;
    }
    return false;
}

static int record_write(struct store *store, const struct record *before, char letter,
                        char *const *environment, const char *list, struct ckpt_error *err)
{
    cleanup_free char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (file == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    fprintf(file, "L%s%c", record_list(before, list), 0);
    FOR_EACH_ENTRY(entry, before)
    {
        if (entry[0] != 'L')
            fprintf(file, "%s%c", entry, 0);
    }
    for (; environment != NULL && *environment != NULL; environment++) {
        if (strchr(*environment, '=') != NULL && !record_holds(before, *environment))
            fprintf(file, "%c%s%c", letter, *environment, 0);
    }
    if (fclose(file) != 0)
        return ckpt_error_set(err, ENOMEM, "no memory");
    if (write_file_atomic_at(store->dirfd, FILE_NAME, text, size, false) < 0)
        return ckpt_error_errno(err, "write '%s/" FILE_NAME "'", store->path);
    return 0;
}

int variables_begin(struct store *store, char *const *environment, const char *list,
                    struct ckpt_error *err)
{
    static char nothing[2];

    return record_write(store, &(struct record){.text = nothing}, 'F', environment, list, err);
}

int variables_renew(struct store *store, char *const *environment, const char *list,
                    struct ckpt_error *err)
{
    struct record record = {0};
    int error = record_read(store, &record, err);

    if (error == 0)
        error = record_write(store, &record, 'V', environment, list, err);
    free(record.text);
    return error;
}

/* ---- the table ---- */

static size_t name_length(const char *variable)
{
    return strcspn(variable, "=");
}

static bool names_equal(const char *a, const char *b)
{
    size_t length = name_length(a);

    return length == name_length(b) && strncmp(a, b, length) == 0;
}

static const char *environment_find(char *const *environment, const char *variable)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        if (names_equal(*environment, variable))
            return *environment;
    }
    return NULL;
}

/* One name: what it has been, and what it is. now may be NULL. */
static void name_write(FILE *to, const struct record *record, const char *name, const char *now,
                       variable_stays *stays, const void *context)
{
    bool is_new = true;
    const char *kept = NULL;

    FOR_EACH_ENTRY(entry, record)
    {
        if (entry[0] == 'L' || !names_equal(entry + 1, name))
            continue;
        is_new &= entry[0] != 'F';
        if (stays != NULL && (now == NULL || strcmp(now, entry + 1) != 0) &&
            stays(context, entry + 1))
            kept = entry + 1;
    }
    now = kept != NULL ? kept : now;
    FOR_EACH_ENTRY(entry, record)
    {
        if (entry[0] != 'L' && names_equal(entry + 1, name) &&
            (now == NULL || strcmp(entry + 1, now) != 0))
            fprintf(to, "%c%s%c", VARIABLE_OLD, entry + 1, 0);
    }
    if (now != NULL)
        fprintf(to, "%c%s%c", is_new ? VARIABLE_ADDED : VARIABLE_NOW, now, 0);
}

static bool is_first_of_its_name(const struct record *record, const char *variable)
{
    FOR_EACH_ENTRY(entry, record)
    {
        if (entry[0] != 'L' && names_equal(entry + 1, variable))
            return entry + 1 == variable;
    }
    return false;
}

int variables_table(struct store *store, char *const *environment, const char *list,
                    variable_stays *stays, const void *context, char **ret, size_t *ret_size,
                    struct ckpt_error *err)
{
    struct record record = {0};
    int error = record_read(store, &record, err);
    FILE *file = error == 0 ? open_memstream(ret, ret_size) : NULL;

    if (error == 0 && file == NULL)
        error = ckpt_error_set(err, ENOMEM, "no memory");
    if (error < 0) {
        free(record.text);
        return error;
    }
    list = record_list(&record, list);
    FOR_EACH_ENTRY(entry, &record)
    {
        const char *variable = entry + 1;
        if (entry[0] != 'L' && variables_list_holds(list, variable, name_length(variable)) &&
            is_first_of_its_name(&record, variable))
            name_write(file, &record, variable, environment_find(environment, variable), stays,
                       context);
    }
    for (char *const *at = environment; at != NULL && *at != NULL; at++) {
        bool known = false;
        FOR_EACH_ENTRY(entry, &record)
        {
            known |= entry[0] != 'L' && names_equal(entry + 1, *at);
        }
        if (!known && strchr(*at, '=') != NULL && variables_list_holds(list, *at, name_length(*at)))
            name_write(file, &record, *at, *at, stays, context);
    }
    free(record.text);
    return fclose(file) == 0 ? 0 : ckpt_error_set(err, ENOMEM, "no memory");
}
