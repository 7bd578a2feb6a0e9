/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* task.json goes round, and tells the same command from another one. */
#include "fixture.h"
#include "unit.h"

#include "common/cleanup.h"
#include "store/task.h"

static struct task make_task(char *const argv[], const char *workdir)
{
    struct ckpt_error err;
    struct task task;

    if (task_init(&task, argv, workdir, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    return task;
}

TEST(task_goes_round)
{
    struct store *store = fixture_store();
    char *argv[] = {"bash", "-ue", "line\n\"quoted\" \\ \t\x01 ü €", "", NULL};
    struct task task = make_task(argv, "/data/ä"), back;
    struct ckpt_error err;

    CHECK_INT(task_set_label(&task, "task=ALIGN (1)", &err), 0);
    CHECK_INT(task_set_label(&task, "run=a=b", &err), 0);
    CHECK_INT(task_set_label(&task, "task=ALIGN (2)", &err), 0);
    CHECK_INT(task_set_label(&task, "=x", &err), -EINVAL);
    CHECK_INT(task_set_attempt_dir(&task, "/data/b", &err), 0);
    task.incarnation = 7;
    CHECK_INT(task_write(store, &task, true, &err), 0);
    CHECK_INT(task_read(store, &back, &err), 0);
    CHECK_STRING(back.id, task.id);
    for (int i = 0; argv[i]; i++)
        CHECK_STRING(back.argv[i], argv[i]);
    CHECK(!back.argv[4]);
    CHECK_STRING(back.workdir, "/data/ä");
    CHECK_STRING(back.attempt_dir, "/data/b");
    CHECK_INT(back.incarnation, 7);
    CHECK_INT(back.label_count, 2);
    CHECK_STRING(back.labels[0].key, "task");
    CHECK_STRING(back.labels[0].value, "ALIGN (2)");
    CHECK_STRING(back.labels[1].value, "a=b");
    CHECK_STRING(back.host, task.host);
    CHECK_STRING(back.created, task.created);
    task_free(&task);
    task_free(&back);
    store_close(store);
}

TEST(task_with_bytes_that_are_no_text)
{
    struct store *store = fixture_store();
    char *argv[] = {"cat", "caf\xe9 \xed\xa0\x80 \xf4\x90\x80\x80 \xc0\xaf", NULL};
    char *other[] = {"cat", "plain", NULL};
    struct task task = make_task(argv, "/w"), back;
    struct ckpt_error err;

    CHECK_INT(task_write(store, &task, true, &err), 0);
    CHECK_INT(task_read(store, &back, &err), 0);
    CHECK(task_same_command(&back, argv, "/w"));
    CHECK(!task_same_command(&back, other, "/w"));
    task_free(&task);
    task_free(&back);
    store_close(store);
}

TEST(same_command_in_another_directory)
{
    char *argv[] = {"bash", "/data/aa/11/.command.sh", "--out=/data/aa/11/x", "/data/aa/11", NULL};
    char *moved[] = {"bash", "/data/bb/22/.command.sh", "--out=/data/bb/22/x", "/data/bb/22", NULL};
    char *longer[] = {"bash", "/data/bb/22/.command.sh", "--out=/data/bb/22/x", "/data/bb/22", "x",
                      NULL};
    char *beside[] = {"bash", "/data/bb/22/.command.sh", "--out=/data/bb/22/x", "/data/bb/223",
                      NULL};
    char *below[] = {"bash", "/data/bb/22/.command.sh", "--out=/x/data/bb/22/x", "/data/bb/22",
                     NULL};
    struct task task = make_task(argv, "/data/aa/11");

    CHECK(task_same_command(&task, argv, "/data/aa/11"));
    CHECK(task_same_command(&task, argv, "/elsewhere"));
    CHECK(task_same_command(&task, moved, "/data/bb/22"));
    CHECK(!task_same_command(&task, moved, "/data/cc/33"));
    CHECK(!task_same_command(&task, longer, "/data/bb/22"));
    CHECK(!task_same_command(&task, beside, "/data/bb/22"));
    CHECK(!task_same_command(&task, below, "/data/bb/22"));
    CHECK(!task_same_command(&task, moved + 1, "/data/bb/22"));
    CHECK(!task_same_command(&task, moved, "/"));
    task_free(&task);
}

TEST(task_of_another_format_is_refused)
{
    struct store *store = fixture_store();
    char *argv[] = {"true", NULL};
    struct task task = make_task(argv, "/w"), back;
    struct ckpt_error err;
    cleanup_free char *expected = NULL;

    CHECK_INT(task_read(store, &back, &err), -ENOENT);
    CHECK_INT(task_write(store, &task, true, &err), 0);
    task_free(&task);
    fixture_edit(store, "task.json", "\"format\": 1", "\"format\": 2");
    CHECK_INT(task_read(store, &back, &err), -EBADMSG);
    CHECK(asprintf(&expected, "'%s/task.json' has format 2, this ckpt reads format 1",
                   store->path) > 0);
    CHECK_STRING(err.message, expected);
    store_close(store);
}

TEST(damaged_task_is_refused)
{
    static const struct {
        const char *from, *to, *says;
    } damages[] = {
        {"\"argv\"", "\"argw\"", "\"argv\" is missing"},
        {"\"true\"", "17", "\"argv\" is missing or not a string"},
        {"\"/w\"", "\"w\"", "absolute path"},
        {"\"incarnation\": 1", "\"incarnation\": -1", "\"incarnation\""},
        {"\"incarnation\": 1", "\"incarnation\": 1e3", "\"incarnation\""},
        {"\"incarnation\": 1", "\"incarnation\": 99999999999", "at most"},
        {"\"incarnation\": 1", "\"incarnation\": \"1\"", "\"incarnation\""},
        {"\"true\"", "\"tr\\u0000ue\"", "without NUL"},
        {"}", "", "not valid JSON"},
        {"{", "[", "not valid JSON"},
        {"\"format\": 1", "\"format\": \"1\"", "\"format\" is missing or not a number"},
        {"\"id\": \"", "\"id\": \"../", "\"id\" is missing or not 32 hexadecimal digits"},
    };
    struct store *store = fixture_store();
    char *argv[] = {"true", NULL};
    struct task task = make_task(argv, "/w"), back;
    struct ckpt_error err;

    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        CHECK_INT(task_write(store, &task, true, &err), 0);
        fixture_edit(store, "task.json", damages[i].from, damages[i].to);
        CHECK_INT(task_read(store, &back, &err), -EBADMSG);
        CHECK_CONTAINS(err.message, damages[i].says);
    }
    fixture_write(store, "task.json", "");
    CHECK_INT(task_read(store, &back, &err), -EBADMSG);
    fixture_write(store, "task.json", "null");
    CHECK_INT(task_read(store, &back, &err), -EBADMSG);
    fixture_write(store, "task.json", "{\"format\": 1} {}");
    CHECK_INT(task_read(store, &back, &err), -EBADMSG);
    CHECK_CONTAINS(err.message, "not valid JSON");
    task_free(&task);
    store_close(store);
}
