/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* status.json goes round with everything that can be in it. */
#include "fixture.h"
#include "unit.h"

#include "store/status.h"

#include <errno.h>
#include <unistd.h>

TEST(status_goes_round)
{
    struct store *store = fixture_store();
    struct status status, back;
    struct ckpt_error err;

    CHECK_INT(status_init(&status, &err), 0);
    CHECK_INT(status_write(store, &status, &err), 0);
    CHECK_INT(status_read(store, &back, &err), 0);
    CHECK_INT(back.state, STATUS_RUNNING);
    CHECK_INT(back.pid, getpid());
    CHECK(!back.has_exit_status && !back.failure_reason);
    CHECK_INT(back.restart_count + back.warning_count, 0);
    status_free(&back);

    CHECK_INT(status_add_restart(&status, 1, 31.5), 0);
    CHECK_INT(status_add_restart(&status, 2, 0.000001), 0);
    CHECK_INT(status_add_refusal(&status, 3, "no memory"), 0);
    CHECK_INT(status_set_failure(&status, "process 12 (busybox) is statically linked"), 0);
    CHECK_INT(status_add_warning(&status, "one"), 0);
    CHECK_INT(status_add_warning(&status, "two"), 0);
    CHECK_INT(status_add_warning(&status, "one"), 0);
    status.plan = (struct status_plan){.known = true,
                                       .automatic = true,
                                       .interval_seconds = 415.5,
                                       .mtbf_seconds = 86400,
                                       .cost_seconds = 1,
                                       .cost_is_measured = true,
                                       .limit = "2026-11-26T13:00:00.000Z",
                                       .lead_seconds = 12};
    status.state = STATUS_ENDED;
    status.generation = 2;
    status.has_exit_status = true;
    status.exit_status = 143;
    status.oom_kills = 2;
    CHECK_INT(status_write(store, &status, &err), 0);
    CHECK_INT(status_read(store, &back, &err), 0);
    CHECK_INT(back.state, STATUS_ENDED);
    CHECK_INT(back.generation, 2);
    CHECK_INT(back.exit_status, 143);
    CHECK_INT((long)back.oom_kills, 2);
    CHECK(back.plan.known && back.plan.automatic && back.plan.cost_is_measured);
    CHECK(back.plan.interval_seconds == 415.5 && back.plan.lead_seconds == 12);
    CHECK_STRING(back.plan.limit, "2026-11-26T13:00:00.000Z");
    CHECK_INT(back.restart_count, 2);
    CHECK(back.restarts[0].run_seconds == 31.5);
    CHECK(back.restarts[1].run_seconds == 0.000001);
    CHECK_INT(back.restarts[1].generation, 2);
    CHECK_INT(back.refusal_count, 1);
    CHECK_INT(back.refusals[0].generation, 3);
    CHECK_STRING(back.refusals[0].reason, "no memory");
    CHECK_INT(back.warning_count, 2);
    CHECK_STRING(back.warnings[1], "two");
    CHECK_STRING(back.failure_reason, "process 12 (busybox) is statically linked");

    CHECK_INT(status_renew(&back, &err), 0);
    CHECK_INT(back.state, STATUS_RUNNING);
    CHECK_INT(back.restart_count, 2);
    CHECK_INT(back.warning_count, 0);
    CHECK_INT(back.refusal_count, 0);
    CHECK_INT((long)back.oom_kills, 0);
    CHECK(!back.has_exit_status && !back.failure_reason);
    CHECK_INT(status_set_failure(&status, NULL), 0);
    CHECK(!status.failure_reason && !status.failure_time);
    status_free(&back);
    status_free(&status);
    store_close(store);
}

TEST(damaged_status_is_refused)
{
    static const struct {
        const char *from, *to, *says;
    } damages[] = {
        {"\"running\"", "\"dancing\"", "allowed are running, ended, stopped"},
        {"\"exitStatus\": null", "\"exitStatus\": 256", "\"exitStatus\" is 256"},
        {"\"exitStatus\": null", "\"other\": null", "\"exitStatus\" is missing"},
        {"\"failure\": null", "\"failure\": {}", "\"time\" is missing"},
        {"\"restarts\": [", "\"restarts\": [1", "\"time\" is missing"},
        {"\"restarts\": [", "\"restarts\": 1, \"x\": [", "not an array"},
        {"\"oomKills\": 0", "\"oomKills\": -1", "\"oomKills\""},
        {"\"refused\": [", "\"refused\": [{\"generation\": 1}", "\"reason\" is missing"},
        {"\"warnings\": [", "\"warnings\": [\"a\", null", "\"warnings\""},
        {"\"format\": 1", "\"format\": 9", "has format 9"},
    };
    struct store *store = fixture_store();
    struct status status, back;
    struct ckpt_error err;

    CHECK_INT(status_init(&status, &err), 0);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        CHECK_INT(status_write(store, &status, &err), 0);
        fixture_edit(store, "status.json", damages[i].from, damages[i].to);
        CHECK_INT(status_read(store, &back, &err), -EBADMSG);
        CHECK_CONTAINS(err.message, damages[i].says);
        CHECK_CONTAINS(err.message, "status.json");
    }
    status_free(&status);
    store_close(store);
}

TEST(status_of_who_has_not_written_one)
{
    struct store *store = fixture_store();
    struct status status;
    struct ckpt_error err;
    int lease;

    CHECK_INT(status_look(store, &status, &err), -ENOENT);
    CHECK_INT(store_lease_acquire(store, 0, &lease, &err), 0);
    CHECK_INT(status_read(store, &status, &err), -ENOENT);
    CHECK_INT(status_look(store, &status, &err), 0);
    CHECK(status.by_lease);
    CHECK_INT(status.state, STATUS_RUNNING);
    CHECK_INT(status.pid, getpid());
    CHECK(status.host && status.started && !status.has_exit_status);
    status_free(&status);
    close(lease);
    store_close(store);
}
