/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A place that is not finished, or cannot be made, leaves the new directory as it was. */
#include "places.h"
#include "unit.h"

#include "common/io.h"

#include <sys/stat.h>
#include <sys/wait.h>

#define LONG_NAME                                                                                  \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"     \
    "8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345"     \
    "67890123456789012345678901234567890123456789"

/* A new directory with things of its own, of all of which the old one has others. */
static void occupied_make(void)
{
    places_directories("store");
    CHECK_INT(mkdir_p("old/directory/below", 0755), 0);
    CHECK_INT(mkdir_p("new/directory/mine", 0755), 0);
    CHECK_INT(mkdir_p("new/file", 0755), 0);
    places_put("old/file", "old");
    places_put("old/other", "old");
    places_put("old/" LONG_NAME "1", "old");
    places_put("old/" LONG_NAME "2", "old");
    places_put("old/only", "old");
    places_put("new/file/inside", "new");
    places_put("new/directory/mine/too", "new");
    places_put("new/" LONG_NAME "1", "new 1");
    places_put("new/" LONG_NAME "2", "new 2");
    CHECK_INT(symlink("somewhere", "new/other"), 0);
    places_put("new/more", "new");
}

static void check_untouched(void)
{
    char target[64] = "";

    CHECK_INT(places_entries("new"), 6);
    places_check("new/file/inside", "new");
    places_check("new/directory/mine/too", "new");
    CHECK(!places_exist("new/directory/below"));
    places_check("new/" LONG_NAME "1", "new 1");
    places_check("new/" LONG_NAME "2", "new 2");
    CHECK_INT(readlink("new/other", target, sizeof(target)), 9);
    places_check("new/more", "new");
}

TEST(place_undone_is_as_before)
{
    occupied_make();
    struct place *place = places_made("store", NULL, 0);
    places_check("new/file", "old");
    places_check("new/" LONG_NAME "1", "old");
    CHECK(places_exist("new/only") && places_exist("new/directory/below") &&
          !places_exist("new/directory/mine"));
    place_undo(place);
    check_untouched();
    CHECK_INT(places_entries("old"), 6);
}

TEST(place_committed_keeps_nothing_aside)
{
    occupied_make();
    place_commit(places_made("store", NULL, 0));
    CHECK_INT(places_entries("new"), 6);
    places_check("new/file", "old");
    places_check("new/other", "old");
    places_check("new/" LONG_NAME "1", "old");
    places_check("new/" LONG_NAME "2", "old");
    CHECK(places_exist("new/directory/below") && !places_exist("new/directory/mine"));
}

/* One that is killed in between never comes to its end. */
TEST(place_begun_by_one_that_was_killed_is_begun_again)
{
    occupied_make();
    pid_t pid = fork();
    if (pid == 0) {
        places_made("store", NULL, 0);
        _exit(0);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(places_exist("new/.ckpt-aside/file/inside"));
    places_put("old/only", "newer");
    struct place *place = places_made("store", NULL, 0);
    places_check("new/only", "newer");
    CHECK(!places_exist("new/.ckpt-aside/.ckpt-aside"));
    place_undo(place);
    places_check("new/file/inside", "new");
    places_check("new/" LONG_NAME "2", "new 2");
    places_entries("new");
}

TEST(place_that_cannot_be_made_leaves_the_directory_as_before)
{
    struct place *place;
    struct ckpt_error err = {0};

    places_become_ordinary();
    occupied_make();
    places_keep("old", "store", NULL, 0);
    places_lose("only");
    CHECK_INT(places_make("old", "new", "store", &place, &err), -ENOENT);
    CHECK_CONTAINS(err.message, "bring back 'only'");
    check_untouched();
    places_forget();
}

TEST(place_with_closed_directories_is_undone_and_committed)
{
    places_become_ordinary();
    places_directories("store");
    CHECK_INT(mkdir_p("old/closed/inner", 0755), 0);
    places_put("old/closed/inner/file", "old");
    places_touch("old/closed/inner", 0555);
    places_touch("old/closed", 0555);
    struct place *place = places_made("store", NULL, 0);
    places_check_same("closed");
    places_check_same("closed/inner");
    place_undo(place);
    CHECK_INT(places_entries("new"), 0);

    CHECK_INT(mkdir_p("new/closed/mine", 0755), 0);
    CHECK_INT(chmod("new/closed/mine", 0555), 0);
    place_commit(places_made("store", NULL, 0));
    CHECK(places_exist("new/closed/inner/file") && !places_exist("new/closed/mine"));
    CHECK_INT(places_entries("new"), 1);
}
