/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A pseudoterminal of the program's own keeps its name, permissions, settings, size and modes, and the two ends still
 * belong together. */
#include "testlib.h"

#include <sys/ioctl.h>
#include <termios.h>

static int flag_of(int fd, unsigned long request)
{
    int value = -1;

    MUST(ioctl(fd, request, &value));
    return value;
}

static void passes(int from, int to, const char *text)
{
    char got[64];

    MUST(write(from, text, strlen(text)));
    ssize_t size = MUST(read(to, got, sizeof(got)));
    CHECK(size == (ssize_t)strlen(text) && memcmp(got, text, (size_t)size) == 0,
          "'%.*s' instead of '%s'", (int)size, got, text);
}

int main(void)
{
    struct winsize size = {.ws_row = 33, .ws_col = 111, .ws_xpixel = 5, .ws_ypixel = 6}, got_size;
    struct termios settings, got;
    char name[64], was[64];
    int on = 1, master = MUST(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    struct stat status;

    MUST(unlockpt(master));
    snprintf(was, sizeof(was), "%s", ptsname(master));
    int slave = MUST(open(was, O_RDWR | O_NOCTTY)), twin = MUST(dup(slave));
    MUST(tcgetattr(slave, &settings));
    settings.c_lflag &= ~(tcflag_t)(ECHO | ISIG | ICANON);
    settings.c_oflag &= ~(tcflag_t)OPOST;
    settings.c_cc[VERASE] = 'q';
    settings.c_cc[VMIN] = 3;
    MUST(cfsetspeed(&settings, B9600));
    MUST(tcsetattr(slave, TCSANOW, &settings));
    MUST(ioctl(master, TIOCSWINSZ, &size));
    MUST(fchmod(slave, 0640));
    MUST(ioctl(slave, TIOCEXCL));
    int quiet =
        MUST(posix_openpt(O_RDWR | O_NOCTTY)); /* nobody has opened its slave, nor may anybody */
    MUST(ioctl(quiet, TIOCPKT, &on));
    ready();
    wait_go();
    if (sabotaged())
        MUST(ioctl(slave, TIOCNXCL));
    CHECK(strcmp(ptsname(master), was) == 0, "the name is '%s'", ptsname(master));
    CHECK(ttyname_r(twin, name, sizeof(name)) == 0 && strcmp(name, was) == 0, "ttyname '%s'", name);
    MUST(fstat(slave, &status));
    CHECK((status.st_mode & 07777) == 0640, "mode %o", status.st_mode & 07777u);
    MUST(tcgetattr(twin, &got));
    CHECK(got.c_lflag == settings.c_lflag && got.c_oflag == settings.c_oflag, "modes");
    CHECK(memcmp(got.c_cc, settings.c_cc, NCCS) == 0, "control characters");
    CHECK(cfgetospeed(&got) == B9600, "speed");
    MUST(ioctl(slave, TIOCGWINSZ, &got_size));
    CHECK(memcmp(&size, &got_size, sizeof(size)) == 0, "size %dx%d", got_size.ws_row,
          got_size.ws_col);
    CHECK(flag_of(slave, TIOCGEXCL) == 1 && flag_of(quiet, TIOCGEXCL) == 0, "exclusive use");
    CHECK(flag_of(master, TIOCGPTLCK) == 0 && flag_of(quiet, TIOCGPTLCK) == 1, "lock");
    CHECK(flag_of(master, TIOCGPKT) == 0 && flag_of(quiet, TIOCGPKT) == 1, "packet mode");
    CHECK(fcntl(master, F_GETFL) & O_NONBLOCK && fcntl(master, F_GETFD) == FD_CLOEXEC, "flags");
    CHECK(read(master, name, 1) < 0 && errno == EAGAIN, "something came out of nowhere");
    passes(master, twin, "typed");
    passes(slave, master, "print\n");
    pass();
}
