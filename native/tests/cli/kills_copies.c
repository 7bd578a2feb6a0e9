/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `kills_copies early|late SOCKET-FILE CKPT run ...`: runs the supervisor, and once, at the moment when it asks a process
 * for its copy, holds it until that copy has been killed: `late` when the copy has connected, which the supervisor has not
 * seen yet, `early` while it cannot, since the queue of connections is full. SOCKET-FILE is the store's task.json, whose
 * id names the socket. Ends like the supervisor; with 77 where nobody may be traced. */
#include "testlib.h"

#include "../../src/wire/wire.h"

#include <dirent.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>

#define QUEUE_MOST 4200

static pid_t supervisor;

static uint64_t word_at(uint64_t address)
{
    return (uint64_t)ptrace(PTRACE_PEEKDATA, supervisor, (void *)address, NULL);
}

/* Whether the supervisor, which is at the beginning or at the end of a system call, asks for a copy with it. */
static bool asks_for_copy(bool at_end)
{
    struct user_regs_struct registers;
    int64_t result = at_end ? (int64_t)sizeof(struct wire_message) : -ENOSYS;

    ptrace(PTRACE_GETREGS, supervisor, NULL, &registers);
    if (registers.orig_rax != SYS_sendmsg || (int64_t)registers.rax != result)
        return false;
    uint64_t part = word_at(registers.rsi + offsetof(struct msghdr, msg_iov));
    return word_at(word_at(part)) >> 32 == WIRE_SNAPSHOT; /* behind the version */
}

/* Until nobody else can connect. They are taken back by close_range() in main. */
static int queue_fill(const char *file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[4096] = "", *id;
    int first = open(file, O_RDONLY), fd = first;

    CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "read %s", file);
    id = strstr(text, "\"id\":");
    CHECK(id != NULL && (id = strchr(id + 5, '"')) != NULL, "no id in %s", text);
    int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "ckpt-%.32s", id + 1);
    for (int i = 0; i < QUEUE_MOST; i++) {
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
        CHECK(fd >= 0, "socket %d", i);
        if (connect(fd, (struct sockaddr *)&address,
                    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) < 0) {
            CHECK(errno == EAGAIN, "connect to %s: %s", address.sun_path + 1, strerror(errno));
            return first;
        }
    }
    CHECK(false, "the queue of connections has no end");
    return -1;
}

/* A child of the supervisor of that name, in a state other than `not`, or 0. */
static pid_t copy_find(char state_not)
{
    DIR *proc = opendir("/proc");
    pid_t found = 0;

    for (struct dirent *entry; found == 0 && (entry = readdir(proc)) != NULL;) {
        char path[300], text[512] = "", name[32], state;
        int parent;
        snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
        int fd = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? open(path, O_RDONLY) : -1;
        if (fd < 0)
            continue;
        if (read(fd, text, sizeof(text) - 1) > 0 &&
            sscanf(text, "%*d (%31[^)]) %c %d", name, &state, &parent) == 3 &&
            parent == supervisor && strcmp(name, "ckpt-snapshot") == 0 && state != state_not)
            found = atoi(entry->d_name);
        close(fd);
    }
    closedir(proc);
    return found;
}

/* Whether it waits to be connected, or for the supervisor's word. */
static bool copy_is_settled(pid_t copy, bool early)
{
    char path[64], text[128] = "";

    snprintf(path, sizeof(path), "/proc/%d/syscall", copy);
    int fd = open(path, O_RDONLY);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (fd >= 0)
        close(fd);
    long number = got > 0 && text[0] >= '0' && text[0] <= '9' ? atol(text) : -1;
    return early ? number == SYS_nanosleep || number == SYS_connect
                 : number == SYS_recvmsg || number == SYS_recvfrom;
}

static void copy_kill(bool early)
{
    pid_t copy;

    while ((copy = copy_find('Z')) == 0 || !copy_is_settled(copy, early))
        usleep(1000);
    kill(copy, SIGKILL);
    while (copy_find('Z') == copy)
        usleep(1000);
}

static int end_like(int status)
{
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    bool early = argc > 3 && strcmp(argv[1], "early") == 0, full = false;
    struct rlimit files;
    int status, first = -1;

    CHECK(argc > 3, "usage");
    supervisor = fork();
    if (supervisor == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
            _exit(77);
        raise(SIGSTOP);
        execv(argv[3], argv + 3);
        _exit(126);
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    CHECK(waitpid(supervisor, &status, 0) == supervisor, "wait");
    if (!WIFSTOPPED(status))
        return end_like(status);
    ptrace(PTRACE_SETOPTIONS, supervisor, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (int signo = 0;;) {
        ptrace(PTRACE_SYSCALL, supervisor, NULL, signo);
        CHECK(waitpid(supervisor, &status, 0) == supervisor, "wait");
        if (!WIFSTOPPED(status))
            return end_like(status);
        bool call = WSTOPSIG(status) == (SIGTRAP | 0x80);
        signo = call || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (early && !full && call && asks_for_copy(false)) {
            first = queue_fill(argv[2]);
            full = true;
        }
        if (call && asks_for_copy(true))
            break;
    }
    copy_kill(early);
    if (first >= 0)
        close_range((unsigned)first, ~0U, 0);
    ptrace(PTRACE_DETACH, supervisor, NULL, 0);
    CHECK(waitpid(supervisor, &status, 0) == supervisor, "wait");
    return end_like(status);
}
