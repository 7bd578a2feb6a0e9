/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#include "store/variables.h"

#include "fixture.h"
#include "unit.h"

#define ENVIRONMENT(...) ((char *const[]){__VA_ARGS__, NULL})

/* The table with a blank behind each entry. */
static char *table(struct store *store, char *const *environment, const char *list,
                   variable_stays *stays)
{
    struct ckpt_error err;
    char *text = NULL;
    size_t size = 0;

    CHECK_INT(variables_table(store, environment, list, stays, NULL, &text, &size, &err), 0);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == 0)
            text[i] = ' ';
    }
    return text;
}

static void check_table(struct store *store, char *const *environment, const char *list,
                        variable_stays *stays, const char *wanted)
{
    char *text = table(store, environment, list, stays);

    CHECK_STRING(text, wanted);
    free(text);
}

static bool in_old(const void *context, const char *entry)
{
    (void)context;
    return strstr(entry, "=/old") != NULL;
}

TEST(variables_of_batch_systems_are_the_jobs_and_ours_never)
{
    static const char *const yes[] = {"SLURM_JOB_ID", "SLURMD_NODENAME", "PBS_JOBID", "LSB_JOBID",
                                      "JOB_ID",       "SGE_TASK_ID",     "TMPDIR"};
    static const char *const no[] = {"PATH", "HOME", "SLURM", "NXF_TASK_WORKDIR", "LD_PRELOAD"};

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        CHECK(variables_list_holds("MINE,default", yes[i], strlen(yes[i])));
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        CHECK(!variables_list_holds("MINE,default", no[i], strlen(no[i])));
    CHECK(variables_list_holds("A?", "AB", 2));
    CHECK(!variables_list_holds("A?", "A", 1));
    CHECK(!variables_list_holds("none", "none", 4));
    CHECK(!variables_list_holds("*", "CKPT_NOTES", 10));
    CHECK(!variables_list_holds("*", "PWD", 3));
}

TEST(lists_of_variables_are_names_and_globs)
{
    static const char *const good[] = {"none", "default", "A", "A_1,B*", "*", "default,[A-C]_?"};
    static const char *const bad[] = {"", ",", "A,", "A,,B", "1A", "A B", "A=1", "A/B"};
    struct ckpt_error err = {0};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CHECK_INT(variables_list_check(good[i], &err), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_INT(variables_list_check(bad[i], &err), -EINVAL);
    CHECK_CONTAINS(err.message, "--refresh-env is 'A/B', allowed are");
}

TEST(table_tells_what_each_variable_was_and_is)
{
    struct ckpt_error err;
    struct store *store = fixture_store();

    CHECK_INT(
        variables_begin(store, ENVIRONMENT("PATH=/bin", "SLURM_A=1", "SLURM_B=1"), NULL, &err), 0);
    check_table(store, ENVIRONMENT("PATH=/sbin", "SLURM_A=2", "SLURM_C=2"), NULL, NULL,
                "OSLURM_A=1 NSLURM_A=2 OSLURM_B=1 ASLURM_C=2 ");
    check_table(store, ENVIRONMENT("SLURM_A=1", "SLURM_B=1"), NULL, NULL, "NSLURM_A=1 NSLURM_B=1 ");
    CHECK_INT(variables_renew(store, ENVIRONMENT("SLURM_A=2", "SLURM_C=2"), NULL, &err), 0);
    check_table(store, ENVIRONMENT("SLURM_A=3", "SLURM_C=3"), NULL, NULL,
                "OSLURM_A=1 OSLURM_A=2 NSLURM_A=3 OSLURM_B=1 OSLURM_C=2 ASLURM_C=3 ");
    store_close(store);
}

TEST(table_follows_the_list_that_is_given_or_else_recorded)
{
    struct ckpt_error err;
    struct store *store = fixture_store();

    CHECK_INT(variables_begin(store, ENVIRONMENT("MINE=1", "SLURM_A=1"), "MINE", &err), 0);
    check_table(store, ENVIRONMENT("MINE=2", "SLURM_A=2"), NULL, NULL, "OMINE=1 NMINE=2 ");
    check_table(store, ENVIRONMENT("MINE=2", "SLURM_A=2"), "none", NULL, "");
    CHECK_INT(variables_renew(store, ENVIRONMENT("MINE=2", "SLURM_A=2"), "default", &err), 0);
    check_table(store, ENVIRONMENT("MINE=2", "SLURM_A=2"), NULL, NULL, "OSLURM_A=1 NSLURM_A=2 ");
    store_close(store);
}

TEST(value_that_has_to_stay_is_what_others_become)
{
    struct ckpt_error err;
    struct store *store = fixture_store();

    CHECK_INT(variables_begin(store, ENVIRONMENT("TMPDIR=/older", "TMP=/x"), NULL, &err), 0);
    CHECK_INT(variables_renew(store, ENVIRONMENT("TMPDIR=/old"), NULL, &err), 0);
    check_table(store, ENVIRONMENT("TMPDIR=/new"), NULL, in_old,
                "OTMPDIR=/older NTMPDIR=/old OTMP=/x ");
    check_table(store, ENVIRONMENT("X=1"), NULL, in_old, "OTMPDIR=/older NTMPDIR=/old OTMP=/x ");
    store_close(store);
}

TEST(store_without_a_record_has_new_variables_only)
{
    struct store *store = fixture_store();

    check_table(store, ENVIRONMENT("SLURM_A=1", "PATH=/bin"), NULL, NULL, "ASLURM_A=1 ");
    store_close(store);
}
