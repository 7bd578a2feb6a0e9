/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* System calls that wait for something else than bytes: somebody who connects, a lock, a signal, a file, a child. */
#include "waiting.h"
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/un.h>

static struct shared {
    sem_t semaphore;
    pthread_mutex_t mutex, priority;
    pthread_cond_t condition;
    int happened;
    uint32_t words[CALLS_MAX];
} * shared;
static int locked; /* a file that the parent has locked */

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

static void byte(void)
{
    MUST(write(out, "x", 1));
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

static const struct call calls[] = {
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

int main(void)
{
    shared_init();
    calls_run(calls, sizeof(calls) / sizeof(calls[0]));
    pass();
}
