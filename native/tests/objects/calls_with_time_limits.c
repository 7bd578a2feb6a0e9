/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Many system calls with a limit, each again and again in a thread of its own: none ends before its time, none sees
 * EINTR, and a checkpoint does not make it begin anew. */
#include "testlib.h"
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#define MS        300
#define NAP       (MS / 1000.0)
#define LATE      5.0
#define NS_PER_MS 1000000L

static const struct timespec nap = {.tv_nsec = MS * NS_PER_MS};
static struct pollfd quiet = {.events = POLLIN};
static sigset_t signals;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static struct timespec after_nap(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    t.tv_nsec += nap.tv_nsec;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static int result(int error)
{
    errno = error;
    return error == 0 ? 0 : -1;
}

static long by_nanosleep(void)
{
    return nanosleep(&nap, NULL);
}

static long by_usleep(void)
{
    return usleep(MS * 1000);
}

static long by_clock_nanosleep(void)
{
    return result(clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL));
}

static long until_monotonic(void)
{
    struct timespec end = after_nap(CLOCK_MONOTONIC);
    return result(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL));
}

static long until_real(void)
{
    struct timespec end = after_nap(CLOCK_REALTIME);
    return result(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, NULL));
}

static long until_boottime(void)
{
    struct timespec end = after_nap(CLOCK_BOOTTIME);
    return result(clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &end, NULL));
}

static long by_poll(void)
{
    return poll(&quiet, 1, MS);
}

static long by_ppoll(void)
{
    return ppoll(&quiet, 1, &nap, &signals);
}

static long by_select(void)
{
    struct timeval t = {.tv_usec = MS * 1000};
    return select(0, NULL, NULL, NULL, &t);
}

static long by_pselect(void)
{
    return pselect(0, NULL, NULL, NULL, &nap, &signals);
}

static int epoll(void)
{
    static __thread int fd;
    return fd != 0 ? fd : (fd = MUST(epoll_create1(0)));
}

static long by_epoll_wait(void)
{
    struct epoll_event event;
    return epoll_wait(epoll(), &event, 1, MS);
}

static long by_epoll_pwait(void)
{
    struct epoll_event event;
    return epoll_pwait(epoll(), &event, 1, MS, &signals);
}

static long by_epoll_pwait2(void)
{
    struct epoll_event event;
    return epoll_pwait2(epoll(), &event, 1, &nap, NULL);
}

static long by_sigtimedwait(void)
{
    return sigtimedwait(&signals, NULL, &nap);
}

static long by_futex(void)
{
    int word = 0;
    return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &nap);
}

static long by_futex_bitset(void)
{
    struct timespec end = after_nap(CLOCK_MONOTONIC);
    int word = 0;
    return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &end, NULL, 1);
}

static long by_futex_vector(void)
{
    struct timespec end = after_nap(CLOCK_MONOTONIC);
    uint32_t word = 0;
    struct futex_waitv one = {.uaddr = (uintptr_t)&word, .flags = FUTEX_32};
    return syscall(SYS_futex_waitv, &one, 1, 0, &end, CLOCK_MONOTONIC);
}

static long by_semaphore(void)
{
    struct timespec end = after_nap(CLOCK_REALTIME);
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    return sem_timedwait(&semaphore, &end);
}

static long by_semaphore_monotonic(void)
{
    struct timespec end = after_nap(CLOCK_MONOTONIC);
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    return sem_clockwait(&semaphore, CLOCK_MONOTONIC, &end);
}

static long by_condition(clockid_t clock)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec end = after_nap(clock);
    pthread_mutex_lock(&mutex);
    if (clock == CLOCK_REALTIME)
        return result(pthread_cond_timedwait(&condition, &mutex, &end));
    return result(pthread_cond_clockwait(&condition, &mutex, clock, &end));
}

static long by_condition_real(void)
{
    return by_condition(CLOCK_REALTIME);
}

static long by_condition_monotonic(void)
{
    return by_condition(CLOCK_MONOTONIC);
}

static long by_mutex(void)
{
    struct timespec end = after_nap(CLOCK_REALTIME);
    return result(pthread_mutex_timedlock(&held, &end));
}

static int limited_socket(int option)
{
    struct timeval limit = {.tv_usec = MS * 1000};
    static __thread int ends[2];

    if (ends[0] == 0) {
        MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
        MUST(setsockopt(ends[0], SOL_SOCKET, option, &limit, sizeof(limit)));
    }
    return ends[0];
}

static long by_recv(void)
{
    char c;
    return recv(limited_socket(SO_RCVTIMEO), &c, 1, 0);
}

static long by_socket_read(void)
{
    char c;
    return read(limited_socket(SO_RCVTIMEO), &c, 1);
}

static long by_send(void)
{
    int fd = limited_socket(SO_SNDTIMEO);
    long got;
    do {
        while (send(fd, "0123456789", 10, MSG_DONTWAIT) > 0)
            ;
        got = send(fd, "x", 1, 0);
    } while (got == 1); /* a restarted socket may have some room left */
    return got;
}

static long by_timer(void)
{
    struct itimerspec when = {.it_value = nap};
    uint64_t ticks;
    int fd = MUST(timerfd_create(CLOCK_MONOTONIC, 0));
    MUST(timerfd_settime(fd, 0, &when, NULL));
    long got = read(fd, &ticks, sizeof(ticks));
    close(fd);
    return got == 8 && ticks == 1 ? 0 : got;
}

static const struct call {
    const char *name;
    long (*wait)(void);
    int error; /* when its time is over; 0: it succeeds */
    bool real; /* its end is a time of day, which goes on while the task is dead */
} calls[] = {
    {"nanosleep", by_nanosleep, 0, false},
    {"usleep", by_usleep, 0, false},
    {"clock_nanosleep", by_clock_nanosleep, 0, false},
    {"clock_nanosleep until, monotonic", until_monotonic, 0, false},
    {"clock_nanosleep until, real", until_real, 0, true},
    {"clock_nanosleep until, boottime", until_boottime, 0, false},
    {"poll", by_poll, 0, false},
    {"ppoll", by_ppoll, 0, false},
    {"select", by_select, 0, false},
    {"pselect", by_pselect, 0, false},
    {"epoll_wait", by_epoll_wait, 0, false},
    {"epoll_pwait", by_epoll_pwait, 0, false},
    {"epoll_pwait2", by_epoll_pwait2, 0, false},
    {"sigtimedwait", by_sigtimedwait, EAGAIN, false},
    {"futex", by_futex, ETIMEDOUT, false},
    {"futex, bitset", by_futex_bitset, ETIMEDOUT, false},
    {"futex_waitv", by_futex_vector, ETIMEDOUT, false},
    {"sem_timedwait", by_semaphore, ETIMEDOUT, true},
    {"sem_clockwait", by_semaphore_monotonic, ETIMEDOUT, false},
    {"pthread_cond_timedwait", by_condition_real, ETIMEDOUT, true},
    {"pthread_cond_clockwait", by_condition_monotonic, ETIMEDOUT, false},
    {"pthread_mutex_timedlock", by_mutex, ETIMEDOUT, true},
    {"recv, SO_RCVTIMEO", by_recv, EAGAIN, false},
    {"read, SO_RCVTIMEO", by_socket_read, EAGAIN, false},
    {"send, SO_SNDTIMEO", by_send, EAGAIN, false},
    {"timerfd", by_timer, 0, false},
};
#define COUNT (sizeof(calls) / sizeof(calls[0]))

static double at(const struct call *call)
{
    struct timespec t;

    clock_gettime(call->real ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *again_and_again(void *argument)
{
    const struct call *call = argument;

    do {
        double started = at(call);
        errno = 0;
        long got = call->wait();
        int error = errno;
        double took = at(call) - started;
        if (sabotaged() && call == calls)
            took = 0;
        CHECK(got == (call->error == 0 ? 0 : -1) && error == call->error, "%s gave %ld: %s",
              call->name, got, strerror(error));
        CHECK(took > NAP - 0.002, "%s took only %.4f s", call->name, took);
        CHECK(took < NAP + LATE, "%s took %.4f s", call->name, took);
    } while (!exists("go"));
    return NULL;
}

int main(void)
{
    pthread_t ids[COUNT];
    int ends[2];

    MUST(pipe(ends));
    quiet.fd = ends[0];
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    pthread_mutex_lock(&held);
    for (size_t i = 0; i < COUNT; i++)
        CHECK(pthread_create(&ids[i], NULL, again_and_again, (void *)(uintptr_t)&calls[i]) == 0,
              "pthread_create");
    ready();
    for (size_t i = 0; i < COUNT; i++)
        pthread_join(ids[i], NULL);
    pass();
}
