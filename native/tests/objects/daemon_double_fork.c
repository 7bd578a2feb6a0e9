/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A daemon, forked twice with setsid between, in a session of its own whose leader has ended; it answers and ends. */
#include "testlib.h"

static void serve(void)
{
    char text[16];

    MUST(chdir("/"));
    umask(027);
    for (int fd = 0; fd < 3; fd++) {
        close(fd);
        MUST(open("/dev/null", O_RDWR));
    }
    snprintf(text, sizeof(text), "%d", (int)getpid());
    int out = MUST(open(testlib_path("pid.new", (char[PATH_MAX + 64]){0}, PATH_MAX + 64),
                        O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    MUST(write(out, text, strlen(text)));
    close(out);
    MUST(rename(testlib_path("pid.new", (char[PATH_MAX + 64]){0}, PATH_MAX + 64),
                testlib_path("pid", (char[PATH_MAX + 64]){0}, PATH_MAX + 64)));
    wait_for("end", false);
    bool same = getsid(0) != getpid() && getsid(0) == getpgrp() && umask(0) == 027;
    touch(same && getppid() != getsid(0) ? "ended_well" : "ended_badly");
    _exit(0);
}

static void daemon_make(void)
{
    pid_t first = MUST(fork());

    if (first == 0) {
        MUST(setsid());
        if (MUST(fork()) == 0)
            serve();
        _exit(0);
    }
    expect_exit(first, 0);
}

int main(void)
{
    char text[16] = "";

    daemon_make();
    wait_for("pid", false);
    int fd = MUST(open("pid", O_RDONLY | O_CLOEXEC));
    MUST(read(fd, text, sizeof(text) - 1));
    pid_t daemon = atoi(text);
    pid_t session = MUST(getsid(daemon));
    CHECK(session != getsid(0), "the daemon is in our session");
    ready();
    wait_go();
    if (sabotaged())
        kill(daemon, SIGKILL);
    CHECK(getsid(daemon) == session, "the daemon's session is %d", (int)getsid(daemon));
    touch("end");
    while (!exists("ended_well") && kill(daemon, 0) == 0)
        moment(false);
    CHECK(exists("ended_well"), "the daemon did not end well");
    pass();
}
