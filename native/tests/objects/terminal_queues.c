/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What has been typed and not been read, line by line with ends of file between and a line not yet ended; what has been
 * printed and not been seen; raw bytes of all values; a terminal that Ctrl-S has stopped. Each is read once. */
#include "testlib.h"

#include <poll.h>
#include <pty.h>
#include <termios.h>

#define RAW 3000

static void reads(int fd, const char *want, const char *what)
{
    char got[256];
    ssize_t size = MUST(read(fd, got, sizeof(got)));

    CHECK(size == (ssize_t)strlen(want) && memcmp(got, want, (size_t)size) == 0,
          "%s is '%.*s', not '%s'", what, (int)size, got, want);
}

static void reads_all(int fd, const unsigned char *want, const char *what)
{
    unsigned char got[RAW];

    for (ssize_t at = 0; at < RAW;)
        at += MUST(read(fd, got + at, (size_t)(RAW - at)));
    CHECK(memcmp(got, want, RAW) == 0, "%s has changed", what);
}

static void put(int fd, const char *text)
{
    MUST(write(fd, text, strlen(text)));
}

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return MUST(poll(&poll_fd, 1, 0)) == 1;
}

int main(void)
{
    struct termios settings;
    unsigned char bytes[RAW];
    int master, slave, raw_master, raw_slave, stopped, writer;

    MUST(openpty(&master, &slave, NULL, NULL, NULL));
    put(master, "first\nwith \x16\x04 in it\nhalf\x04\x04"
                "erased\x7f\x7fX"); /* ^V ^D, then two ^D */
    put(slave, "printed\n");
    MUST(openpty(&raw_master, &raw_slave, NULL, NULL, NULL));
    MUST(tcgetattr(raw_slave, &settings));
    cfmakeraw(&settings);
    settings.c_cc[VMIN] = 255;
    MUST(tcsetattr(raw_slave, TCSANOW, &settings));
    fill(bytes, RAW, 1);
    CHECK(MUST(write(raw_master, bytes, RAW)) == RAW, "typing was cut short");
    CHECK(MUST(write(raw_slave, bytes, RAW)) == RAW, "printing was cut short");
    MUST(openpty(&stopped, &writer, NULL, NULL, NULL));
    put(stopped, "\x13");
    struct pollfd writable = {.fd = writer, .events = POLLOUT};
    while (MUST(poll(&writable, 1, 0)) == 1)
        moment(false);
    ready();
    wait_go();
    if (sabotaged())
        MUST(tcflush(slave, TCIFLUSH));
    reads(slave, "first\n", "the first line");
    reads(slave, "with \x04 in it\n", "the second line");
    reads(slave, "half", "what was sent without a newline");
    reads(slave, "", "the end of file");
    CHECK(!is_readable(slave), "a line ended by itself");
    put(master, "\x7fY\n");
    reads(slave, "erasY\n", "the line that was being typed");
    reads_all(raw_slave, bytes, "raw input");
    reads_all(raw_master, bytes, "raw output");
    CHECK(!is_readable(raw_slave) && !is_readable(raw_master), "something is left over");
    char screen[512] = "";
    while (is_readable(master) && strlen(screen) < 256)
        screen[strlen(screen) + (size_t)MUST(read(master, screen + strlen(screen), 200))] = 0;
    /* The echo as well, with control characters as they are shown; printing may have been faster. */
    char *echo = strstr(screen, "first\r\nwith ^");
    CHECK(echo != NULL && strstr(echo + 1, "first") == NULL, "the screen has '%s'", screen);
    CHECK(strstr(screen, "printed\r\n") != NULL, "what was printed is not on the screen");
    CHECK(MUST(poll(&writable, 1, 0)) == 0, "Ctrl-S is forgotten");
    put(stopped, "\x11");
    while (MUST(poll(&writable, 1, 0)) == 0)
        moment(false);
    pass();
}
