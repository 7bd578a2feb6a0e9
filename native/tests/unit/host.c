/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The host check answers on every host, changes nothing in the caller, and is the same through
 * libckptctl. */
#include "unit.h"

#include "ckptctl.h"
#include "common/hostcheck.h"

#include <json-c/json.h>
#include <sys/stat.h>

TEST(host_check_answers)
{
    struct hostcheck check;
    struct ckpt_error err;
    struct stat before, after;
    bool all = true;

    CHECK_INT(stat("/proc/self/ns/mnt", &before), 0);
    CHECK_INT(hostcheck_run(&check, &err), 0);
    CHECK_INT(stat("/proc/self/ns/mnt", &after), 0);
    CHECK(before.st_ino == after.st_ino);
    CHECK(check.count >= 10);
    for (size_t i = 0; i < check.count; i++) {
        CHECK(check.items[i].detail[0]);
        CHECK(strcmp(check.items[i].detail, "not tried") != 0);
        all &= check.items[i].ok || !check.items[i].required;
    }
    CHECK_INT(check.usable, all);
}

TEST(host_check_through_the_library)
{
    char *text = NULL, message[256] = "";
    json_object *document, *value;

    CHECK_INT(ckptctl_abi(), CKPTCTL_ABI);
    CHECK_INT(ckptctl_check(&text, message, sizeof(message)), CKPTCTL_OK);
    document = json_tokener_parse(text);
    CHECK(json_object_object_get_ex(document, "checks", &value));
    CHECK(json_object_array_length(value) >= 10);
    CHECK(json_object_object_get_ex(document, "usable", &value));
    json_object_put(document);
    ckptctl_free(text);
    CHECK_INT(ckptctl_check(NULL, message, sizeof(message)), CKPTCTL_EINVAL);
}
