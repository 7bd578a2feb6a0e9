/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Many system calls, each blocked without a limit in a process of its own: none comes back before what it waits for
 * happens, none sees EINTR or a part of it. */
#include "testlib.h"
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define CALLS_MAX 64
#define SOCKETS   true
#define FOREVER   -1

static struct shared {
    sem_t semaphore;
    pthread_mutex_t mutex, priority;
    pthread_cond_t condition;
    int happened;
    uint32_t words[CALLS_MAX];
} * shared;
static int in, out;   /* of the present call's pipe or sockets: the child's, the parent's */
static size_t number; /* of the present call */
static int locked;    /* a file that the parent has locked */

#define WANT(call, value)                                                                          \
    do {                                                                                           \
        long got_ = (long)(call);                                                                  \
        CHECK(got_ == (value), "%s gave %ld: %s", #call, got_, strerror(errno));                   \
    } while (0)

/* ---- bytes ---- */

static void byte(void)
{
    MUST(write(out, "x", 1));
}

static void two_bytes(void)
{
    MUST(write(out, "yz", 2));
}

static void take_read(void)
{
    char c;
    WANT(read(in, &c, 1), 1);
}

static void take_readv(void)
{
    char c;
    struct iovec part = {&c, 1};
    WANT(readv(in, &part, 1), 1);
}

static void take_recv(void)
{
    char c;
    WANT(recv(in, &c, 1, 0), 1);
}

static void take_recvmsg(void)
{
    char c;
    struct iovec part = {&c, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    WANT(recvmsg(in, &message, 0), 1);
}

static void take_recvmmsg(void)
{
    char c;
    struct iovec part = {&c, 1};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
    WANT(recvmmsg(in, &message, 1, 0, NULL), 1);
}

static void take_with_limit_of_socket(void)
{
    struct timeval limit = {.tv_sec = 500};
    char c;
    MUST(setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
    WANT(read(in, &c, 1), 1);
}

static void take_all(void)
{
    char text[4] = "";
    struct iovec parts[2] = {{text, 1}, {text + 1, 2}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    MUST(write(out, "x", 1));
    WANT(recvmsg(in, &message, MSG_WAITALL), 3);
    CHECK(strcmp(text, "xyz") == 0, "received '%s'", text);
}

static void take_all_at_once(void)
{
    char text[4] = "";
    MUST(write(out, "x", 1));
    WANT(recv(in, text, 3, MSG_WAITALL), 3);
    CHECK(strcmp(text, "xyz") == 0, "received '%s'", text);
}

static void take_splice(void)
{
    int p[2];
    MUST(pipe(p));
    WANT(splice(in, NULL, p[1], NULL, 1, 0), 1);
}

static void take_tee(void)
{
    int p[2];
    MUST(pipe(p));
    WANT(tee(in, p[1], 1, 0), 1);
}

static void wait_poll(void)
{
    struct pollfd fd = {.fd = in, .events = POLLIN};
    WANT(poll(&fd, 1, FOREVER), 1);
}

static void wait_ppoll(void)
{
    struct pollfd fd = {.fd = in, .events = POLLIN};
    sigset_t none;
    sigemptyset(&none);
    WANT(ppoll(&fd, 1, NULL, &none), 1);
}

static void wait_poll_raw(void)
{
    struct pollfd fd = {.fd = in, .events = POLLIN};
    WANT(syscall(SYS_poll, &fd, 1, 500000), 1);
}

static void wait_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(in, &set);
    WANT(select(in + 1, &set, NULL, NULL, NULL), 1);
}

static void wait_pselect(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(in, &set);
    WANT(pselect(in + 1, &set, NULL, NULL, NULL, NULL), 1);
}

static int watched(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int fd = MUST(epoll_create1(0));
    MUST(epoll_ctl(fd, EPOLL_CTL_ADD, in, &event));
    return fd;
}

static void wait_epoll(void)
{
    struct epoll_event event;
    WANT(epoll_wait(watched(), &event, 1, FOREVER), 1);
}

static void wait_epoll_pwait(void)
{
    struct epoll_event event;
    sigset_t none;
    sigemptyset(&none);
    WANT(epoll_pwait(watched(), &event, 1, FOREVER, &none), 1);
}

static void wait_epoll_pwait2(void)
{
    struct epoll_event event;
    struct timespec limit = {.tv_sec = 500};
    WANT(epoll_pwait2(watched(), &event, 1, &limit, NULL), 1);
}

/* ---- writing more than there is room for ---- */

#define PLENTY (1 << 20)
static char plenty[PLENTY];

static void give(void)
{
    fill(plenty, PLENTY, 3);
    WANT(write(in, plenty, PLENTY), PLENTY);
}

static void give_parts(void)
{
    struct iovec parts[3] = {
        {plenty, 100}, {plenty + 100, PLENTY - 200}, {plenty + PLENTY - 100, 100}};
    fill(plenty, PLENTY, 3);
    WANT(writev(in, parts, 3), PLENTY);
}

static void give_message(void)
{
    struct iovec parts[2] = {{plenty, 100000}, {plenty + 100000, PLENTY - 100000}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    fill(plenty, PLENTY, 3);
    WANT(sendmsg(in, &message, 0), PLENTY);
}

static void give_send(void)
{
    fill(plenty, PLENTY, 3);
    WANT(send(in, plenty, PLENTY, 0), PLENTY);
}

static void give_raw(void)
{
    fill(plenty, PLENTY, 3);
    WANT(syscall(SYS_write, in, plenty, PLENTY), PLENTY);
}

static void give_file(void)
{
    FILE *file = tmpfile();
    fill(plenty, PLENTY, 3);
    WANT(fwrite(plenty, 1, PLENTY, file), PLENTY);
    fflush(file);
    off_t at = 0;
    WANT(sendfile(in, fileno(file), &at, PLENTY), PLENTY);
}

static void swallow(void)
{
    size_t have = 0;
    ssize_t got;
    while (have < PLENTY && (got = read(out, plenty + have, PLENTY - have)) > 0)
        have += (size_t)got;
    CHECK(have == PLENTY && first_wrong(plenty, PLENTY, 3) < 0,
          "%zu bytes, the first wrong one: %ld", have, first_wrong(plenty, PLENTY, 3));
}

/* ---- others ---- */

static struct sockaddr_un name = {.sun_family = AF_UNIX};

static int listening(void)
{
    int fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
    snprintf(name.sun_path, sizeof(name.sun_path), "listening.%d", (int)getpid());
    MUST(bind(fd, (struct sockaddr *)&name, sizeof(name)));
    MUST(listen(fd, 1));
    return fd;
}

static void take_accept(void)
{
    struct timeval limit = {.tv_sec = 500};
    int fd = listening();
    MUST(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
    int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    CHECK(got >= 0, "accept4: %s", strerror(errno));
}

static pid_t present;

static void connect_to_it(void)
{
    snprintf(name.sun_path, sizeof(name.sun_path), "listening.%d", (int)present);
    int fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
    MUST(connect(fd, (struct sockaddr *)&name, sizeof(name)));
}

static void wait_futex(void)
{
    WANT(syscall(SYS_futex, &shared->words[number], FUTEX_WAIT, 0, NULL), 0);
}

static void wait_futex_bitset(void)
{
    struct timespec end = {.tv_sec = 1000000000};
    WANT(syscall(SYS_futex, &shared->words[number], FUTEX_WAIT_BITSET, 0, &end, NULL, 1), 0);
}

static void wait_futex_vector(void)
{
    struct futex_waitv one = {.uaddr = (uintptr_t)&shared->words[number], .flags = FUTEX_32};
    WANT(syscall(SYS_futex_waitv, &one, 1, 0, NULL, 0), 0);
}

static void wake_word(void)
{
    while (syscall(SYS_futex, &shared->words[number], FUTEX_WAKE_BITSET, 1, NULL, NULL,
                   FUTEX_BITSET_MATCH_ANY) != 1)
        moment(false);
}

static void wait_semaphore(void)
{
    WANT(sem_wait(&shared->semaphore), 0);
}

static void post(void)
{
    sem_post(&shared->semaphore);
}

static void wait_condition(void)
{
    pthread_mutex_lock(&shared->mutex);
    while (!shared->happened)
        WANT(pthread_cond_wait(&shared->condition, &shared->mutex), 0);
    pthread_mutex_unlock(&shared->mutex);
}

static void happen(void)
{
    pthread_mutex_lock(&shared->mutex);
    shared->happened = 1;
    pthread_cond_broadcast(&shared->condition);
    pthread_mutex_unlock(&shared->mutex);
}

static void wait_priority_lock(void)
{
    WANT(pthread_mutex_lock(&shared->priority), 0);
}

static void unlock_priority(void)
{
    WANT(pthread_mutex_unlock(&shared->priority), 0);
}

static void handler(int signo)
{
    (void)signo;
}

static void signals_block(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGUSR2);
    sigprocmask(SIG_BLOCK, set, NULL);
}

static void wait_pause(void)
{
    signal(SIGUSR2, handler);
    WANT(pause(), -1);
}

static void wait_suspended(void)
{
    sigset_t set, none;
    signal(SIGUSR2, handler);
    signals_block(&set);
    sigemptyset(&none);
    WANT(sigsuspend(&none), -1);
}

static void wait_signal(void)
{
    sigset_t set;
    signals_block(&set);
    WANT(sigwaitinfo(&set, NULL), SIGUSR2);
}

static void wait_signal_descriptor(void)
{
    struct signalfd_siginfo info;
    sigset_t set;
    signals_block(&set);
    int fd = MUST(signalfd(-1, &set, 0));
    WANT(read(fd, &info, sizeof(info)), sizeof(info));
    CHECK(info.ssi_signo == SIGUSR2, "signal %u", info.ssi_signo);
}

static void signal_it(void)
{
    MUST(kill(present, SIGUSR2));
}

static void wait_flock(void)
{
    int fd = MUST(open("locked", O_RDWR));
    WANT(flock(fd, LOCK_EX), 0);
}

static void unlock_file(void)
{
    MUST(flock(locked, LOCK_UN));
}

static void wait_record_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_start = 7, .l_len = 1};
    int fd = MUST(open("locked", O_RDWR));
    WANT(fcntl(fd, F_SETLKW, &lock), 0);
}

static void unlock_record(void)
{
    struct flock lock = {.l_type = F_UNLCK, .l_start = 7, .l_len = 1};
    MUST(fcntl(locked, F_SETLK, &lock));
}

static void wait_fifo(void)
{
    MUST(mkfifo("fifo", 0600));
    CHECK(open("fifo", O_RDONLY) >= 0, "open: %s", strerror(errno));
}

static void open_fifo(void)
{
    MUST(open("fifo", O_WRONLY));
}

static void wait_inotify(void)
{
    char event[sizeof(struct inotify_event) + NAME_MAX + 1];
    MUST(mkdir("watched", 0700));
    int fd = MUST(inotify_init1(0));
    MUST(inotify_add_watch(fd, "watched", IN_CREATE));
    CHECK(read(fd, event, sizeof(event)) > 0, "read of inotify: %s", strerror(errno));
}

static void make_file(void)
{
    close(MUST(open("watched/new", O_WRONLY | O_CREAT, 0600)));
}

static void wait_child(void)
{
    siginfo_t info;
    pid_t pid = MUST(fork());
    if (pid == 0)
        _exit(read(in, &info, 1) == 1 ? 7 : 8);
    WANT(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
    CHECK(info.si_status == 7, "status %d", info.si_status);
    WANT(wait4(-1, NULL, 0, NULL), pid);
}

static const struct call {
    const char *name;
    void (*wait)(void);
    void (*wake)(void);
    bool with_sockets;
} calls[] = {
    {"read", take_read, byte, false},
    {"readv", take_readv, byte, false},
    {"recv", take_recv, byte, SOCKETS},
    {"recvmsg", take_recvmsg, byte, SOCKETS},
    {"recvmmsg", take_recvmmsg, byte, SOCKETS},
    {"SO_RCVTIMEO", take_with_limit_of_socket, byte, SOCKETS},
    {"recvmsg, MSG_WAITALL", take_all, two_bytes, SOCKETS},
    {"recv, MSG_WAITALL", take_all_at_once, two_bytes, SOCKETS},
    {"splice", take_splice, byte, false},
    {"tee", take_tee, byte, false},
    {"poll", wait_poll, byte, false},
    {"ppoll", wait_ppoll, byte, false},
    {"poll through syscall()", wait_poll_raw, byte, false},
    {"select", wait_select, byte, false},
    {"pselect", wait_pselect, byte, false},
    {"epoll_wait", wait_epoll, byte, false},
    {"epoll_pwait", wait_epoll_pwait, byte, SOCKETS},
    {"epoll_pwait2", wait_epoll_pwait2, byte, false},
    {"write", give, swallow, SOCKETS},
    {"writev", give_parts, swallow, SOCKETS},
    {"sendmsg", give_message, swallow, SOCKETS},
    {"send", give_send, swallow, SOCKETS},
    {"write through syscall()", give_raw, swallow, SOCKETS},
    {"sendfile", give_file, swallow, SOCKETS},
    {"accept", take_accept, connect_to_it, false},
    {"futex", wait_futex, wake_word, false},
    {"futex, bitset", wait_futex_bitset, wake_word, false},
    {"futex_waitv", wait_futex_vector, wake_word, false},
    {"sem_wait", wait_semaphore, post, false},
    {"pthread_cond_wait", wait_condition, happen, false},
    {"priority-inheriting mutex", wait_priority_lock, unlock_priority, false},
    {"pause", wait_pause, signal_it, false},
    {"sigsuspend", wait_suspended, signal_it, false},
    {"sigwaitinfo", wait_signal, signal_it, false},
    {"signalfd", wait_signal_descriptor, signal_it, false},
    {"flock", wait_flock, unlock_file, false},
    {"F_SETLKW", wait_record_lock, unlock_record, false},
    {"open of a FIFO", wait_fifo, open_fifo, false},
    {"inotify", wait_inotify, make_file, false},
    {"waitid, wait4", wait_child, byte, false},
};
#define COUNT (sizeof(calls) / sizeof(calls[0]))

static struct started {
    pid_t pid;
    int in, out;
} started[COUNT];

static void shared_init(void)
{
    pthread_mutexattr_t mutex;
    pthread_condattr_t condition;

    shared = MUST(
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    sem_init(&shared->semaphore, 1, 0);
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->mutex, &mutex);
    pthread_mutexattr_setprotocol(&mutex, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&shared->priority, &mutex);
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&shared->condition, &condition);
    pthread_mutex_lock(&shared->priority);
    locked = MUST(open("locked", O_RDWR | O_CREAT, 0600));
    struct flock lock = {.l_type = F_WRLCK, .l_start = 7, .l_len = 1};
    MUST(fcntl(locked, F_SETLK, &lock));
    MUST(flock(locked, LOCK_EX));
}

static void start(size_t i)
{
    int ends[2];

    if (calls[i].with_sockets)
        MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    else
        MUST(pipe(ends));
    in = ends[0];
    out = ends[1];
    number = i;
    started[i] = (struct started){MUST(fork()), in, out};
    if (started[i].pid != 0)
        return;
    alarm(300); /* nobody is left behind when the test fails */
    calls[i].wait();
    CHECK(exists("go"), "%s came back before anything happened", calls[i].name);
    _exit(0);
}

int main(void)
{
    shared_init();
    for (size_t i = 0; i < COUNT; i++)
        start(i);
    for (size_t i = 0; i < COUNT; i++)
        wait_asleep(started[i].pid, started[i].pid);
    ready();
    wait_go();
    for (size_t i = 0; i < COUNT; i++) {
        in = started[i].in;
        out = started[i].out;
        present = started[i].pid;
        number = i;
        if (sabotaged() && i == 0)
            MUST(kill(present, SIGTERM));
        calls[i].wake();
        int status = status_of(present);
        CHECK(status == 0, "%s ended with status 0x%x", calls[i].name, status);
    }
    pass();
}
