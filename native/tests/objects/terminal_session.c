/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A session controlled by a terminal: /dev/tty leads to it, the foreground group is the one it was, a Ctrl-C comes to
 * that group alone, a process that gave the terminal up has none, and hanging up ends the leader with SIGHUP. */
#include "testlib.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static int tty;

static void child_look(bool has_terminal)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

    CHECK((fd >= 0) == has_terminal, "/dev/tty: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
}

static void foreground(void)
{
    ready();
    wait_go();
    child_look(true);
    CHECK(tcgetpgrp(tty) == getpgrp(), "the foreground group is %d", (int)tcgetpgrp(tty));
    MUST(write(tty, "ready for ^C\n", 13));
    pause();
    _exit(0);
}

static void without_terminal(void)
{
    MUST(ioctl(tty, TIOCNOTTY));
    touch("gave-up");
    wait_go();
    child_look(false);
    _exit(5);
}

static void leader(void)
{
    char name[64];

    tty = MUST(open("/dev/tty", O_RDWR));
    signal(SIGTTOU, SIG_IGN);
    pid_t none = MUST(fork());
    if (none == 0)
        without_terminal();
    wait_for("gave-up", false);
    pid_t child = MUST(fork());
    if (child == 0) {
        MUST(setpgid(0, 0));
        MUST(tcsetpgrp(tty, getpgrp()));
        foreground();
    }
    int status = status_of(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "the child ended with 0x%x", status);
    expect_exit(none, 5);
    CHECK(tcgetsid(tty) == getpid(), "the session is %d", (int)tcgetsid(tty));
    CHECK(readlink("/proc/self/fd/0", name, sizeof(name)) > 9 && isatty(0), "standard input");
    CHECK(strcmp(ttyname(tty), "/dev/tty") == 0, "the descriptor is for '%s'", ttyname(tty));
    MUST(write(tty, "good\n", 5));
    for (;;)
        pause();
}

static void wait_text(int master, const char *text)
{
    char seen[1024] = "";

    while (strstr(seen, text) == NULL) {
        ssize_t got = MUST(read(master, seen + strlen(seen), sizeof(seen) - 1 - strlen(seen)));
        CHECK(got > 0 && strlen(seen) < sizeof(seen) - 2, "the terminal shows '%s'", seen);
    }
}

int main(void)
{
    int master;
    pid_t pid = MUST(forkpty(&master, NULL, NULL, NULL));

    if (pid == 0)
        leader();
    wait_go();
    if (sabotaged())
        MUST(kill(pid, SIGKILL));
    wait_text(master, "ready for ^C\r\n");
    MUST(write(master, "\x03", 1));
    wait_text(master, "good\r\n");
    MUST(close(master));
    int status = status_of(pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP, "the leader ended with 0x%x", status);
    pass();
}
