/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Listening unix sockets by absolute path, relative path and abstract name: connections that were accepted, one that
 * was not yet, their names, and new ones, also by sockets that were not connected yet. */
#include "testlib.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct name {
    struct sockaddr_un un;
    socklen_t size;
};

static struct name name_make(int kind)
{
    struct name name = {.un = {.sun_family = AF_UNIX}};

    if (kind == 0)
        snprintf(name.un.sun_path, sizeof(name.un.sun_path), "/tmp/ckpt-test-%d", (int)getpid());
    else if (kind == 1)
        strcpy(name.un.sun_path, "sub/socket");
    else
        snprintf(name.un.sun_path + 1, sizeof(name.un.sun_path) - 1, "ckpt-test-%d", (int)getpid());
    name.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                            strlen(name.un.sun_path + (kind == 2)));
    return name;
}

static void same_name(const struct name *want, const struct sockaddr_un *got, socklen_t size,
                      const char *what)
{
    CHECK(size == want->size && memcmp(&want->un, got, size) == 0, "%s: '%s', %d bytes", what,
          got->sun_path + (got->sun_path[0] == 0), (int)size);
}

static void talk(int from, int to, const char *what)
{
    char text[4] = "";

    CHECK(write(from, "hey", 3) == 3 && read(to, text, 3) == 3 && strcmp(text, "hey") == 0, "%s",
          what);
}

int main(void)
{
    struct name names[3];
    int listening[3], client[3], server[3], waiting[3], later[3];
    struct sockaddr_un seen;
    struct stat status;

    MUST(mkdir("sub", 0755));
    for (int i = 0; i < 3; i++) {
        names[i] = name_make(i);
        listening[i] = MUST(socket(AF_UNIX, i == 1 ? SOCK_SEQPACKET : SOCK_STREAM, 0));
        MUST(bind(listening[i], (struct sockaddr *)&names[i].un, names[i].size));
        MUST(listen(listening[i], 3));
        client[i] = MUST(socket(AF_UNIX, i == 1 ? SOCK_SEQPACKET : SOCK_STREAM, 0));
        waiting[i] = MUST(socket(AF_UNIX, i == 1 ? SOCK_SEQPACKET : SOCK_STREAM, 0));
        later[i] = MUST(socket(AF_UNIX, i == 1 ? SOCK_SEQPACKET : SOCK_STREAM, 0));
        MUST(connect(client[i], (struct sockaddr *)&names[i].un, names[i].size));
        server[i] = MUST(accept(listening[i], NULL, NULL));
        MUST(connect(waiting[i], (struct sockaddr *)&names[i].un, names[i].size));
    }
    MUST(chmod(names[0].un.sun_path, 0701));
    ready();
    wait_go();
    if (sabotaged())
        close(server[1]);
    for (int i = 0; i < 3; i++) {
        socklen_t size = sizeof(seen);
        talk(client[i], server[i], "client to server");
        talk(server[i], client[i], "server to client");
        MUST(getpeername(client[i], (struct sockaddr *)&seen, &size));
        same_name(&names[i], &seen, size, "the server's name");
        int accepted = MUST(accept(listening[i], NULL, NULL));
        talk(waiting[i], accepted, "the connection that waited");
        int fresh = MUST(socket(AF_UNIX, i == 1 ? SOCK_SEQPACKET : SOCK_STREAM, 0));
        MUST(connect(fresh, (struct sockaddr *)&names[i].un, names[i].size));
        talk(fresh, MUST(accept(listening[i], NULL, NULL)), "a new connection");
        MUST(connect(later[i], (struct sockaddr *)&names[i].un, names[i].size));
        talk(later[i], MUST(accept(listening[i], NULL, NULL)), "one that was not made yet");
    }
    MUST(stat(names[0].un.sun_path, &status));
    CHECK((status.st_mode & 07777) == 0701, "mode %o", status.st_mode);
    unlink(names[0].un.sun_path);
    pass();
}
