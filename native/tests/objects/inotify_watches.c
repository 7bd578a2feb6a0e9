/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * inotify: files, one of them renamed since, and a directory are watched under the numbers they had, with the events
 * asked for; nothing is reported that the program did not cause. */
#include "testlib.h"

#include <sys/inotify.h>

static void expect(int fd, int number, uint32_t mask, const char *name)
{
    char buffer[4096] __attribute__((aligned(8)));
    const struct inotify_event *event = (const struct inotify_event *)buffer;
    ssize_t got = read(fd, buffer, sizeof(buffer));

    CHECK(got >= (ssize_t)sizeof(*event), "no event: %s", got < 0 ? strerror(errno) : "end");
    CHECK(got == (ssize_t)(sizeof(*event) + event->len), "more than one event");
    CHECK(event->wd == number && event->mask == mask, "event %x of watch %d", event->mask,
          event->wd);
    CHECK(strcmp(event->len > 0 ? event->name : "", name) == 0, "name '%s'", event->name);
}

int main(void)
{
    int fd = MUST(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    char byte;

    MUST(mkdir("directory", 0755));
    MUST(mkdir("directory/below", 0755));
    touch("file");
    int dropped = MUST(inotify_add_watch(fd, "directory", IN_MOVE));
    int below = MUST(inotify_add_watch(fd, "directory/below", IN_CREATE | IN_DELETE));
    MUST(inotify_rm_watch(fd, dropped));
    CHECK(read(fd, &byte, 1) < 0, "part of an event was read");
    expect(fd, dropped, IN_IGNORED, "");
    int file = MUST(inotify_add_watch(fd, "file", IN_ATTRIB | IN_ONESHOT));
    touch("old");
    int renamed = MUST(inotify_add_watch(fd, "old", IN_MODIFY));
    MUST(rename("old", "directory/renamed"));
    ready();
    wait_go();
    if (sabotaged())
        MUST(inotify_rm_watch(fd, below));
    CHECK(read(fd, &byte, 1) < 0 && errno == EAGAIN, "an event came from nowhere");
    touch("directory/below/new");
    expect(fd, below, IN_CREATE, "new");
    MUST(unlink("directory/below/new"));
    expect(fd, below, IN_DELETE, "new");
    MUST(truncate("directory/renamed", 1));
    expect(fd, renamed, IN_MODIFY, "");
    MUST(chmod("file", 0600));
    char events[512];
    CHECK(read(fd, events, sizeof(events)) == 2 * sizeof(struct inotify_event), "chmod");
    CHECK(((struct inotify_event *)events)->wd == file, "the number of the file");
    MUST(chmod("file", 0644));
    CHECK(read(fd, &byte, 1) < 0 && errno == EAGAIN, "the watch was for one event");
    pass();
}
