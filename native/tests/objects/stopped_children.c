/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Children that job control has stopped stay so, do not run, and go on when they are continued; what wait(2) has told
 * about them it does not tell again, what it has not it does. */
#include "testlib.h"
#include <pthread.h>
#include <sys/mman.h>

static struct {
    volatile unsigned long loops[4];
    volatile int handled;
} * shared;
static volatile int stops;

static void on_child(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    if (info->si_code == CLD_STOPPED)
        stops++;
}

static void on_user(int number)
{
    (void)number;
    shared->handled++;
}

static void *count(void *arg)
{
    for (volatile unsigned long *loops = arg;; ++*loops)
        ;
    return NULL;
}

static void child(int index)
{
    pthread_t id;

    MUST(setpgid(0, 0)); /* SIGTSTP stops only members of groups that somebody watches */
    signal(SIGUSR1, on_user);
    signal(SIGCHLD, SIG_DFL);
    if (index == 2) { /* two threads, one of which waits in a system call that no signal may end */
        CHECK(pthread_create(&id, NULL, count, (void *)&shared->loops[2]) == 0, "pthread_create");
        int fd = MUST(open("fifo", O_RDONLY));
        char byte = 0;
        CHECK(read(fd, &byte, 1) == 1 && byte == 'x', "read from the fifo");
        _exit(22);
    }
    shared->loops[index] = 1;
    while (!exists("end"))
        shared->loops[index]++;
    _exit(20 + index);
}

static pid_t start(int index, int signal_number)
{
    siginfo_t info;
    pid_t pid = MUST(fork());

    if (pid == 0)
        child(index);
    while (shared->loops[index] == 0)
        moment(true);
    MUST(kill(pid, signal_number));
    MUST(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT));
    return pid;
}

static void expect_no_report(pid_t pid)
{
    CHECK(waitpid(pid, NULL, WNOHANG | WUNTRACED | WCONTINUED) == 0, "%d is reported again", pid);
}

static void look(const pid_t *pids, const unsigned long *loops)
{
    int status;

    expect_no_report(pids[0]);
    CHECK(waitpid(pids[1], &status, WNOHANG | WUNTRACED) == pids[1] && WIFSTOPPED(status) &&
              WSTOPSIG(status) == SIGTSTP,
          "the second stop was lost");
    CHECK(waitpid(pids[2], &status, WNOHANG | WUNTRACED) == pids[2] && WIFSTOPPED(status) &&
              WSTOPSIG(status) == SIGSTOP,
          "the third stop was lost");
    for (int i = 0; i < 3; i++)
        expect_no_report(pids[i]);
    for (int i = 0; i < 3; i++)
        CHECK(shared->loops[i] == loops[i], "stopped child %d ran", i);
    CHECK(shared->handled == 0, "a stopped child handled a signal");
}

int main(void)
{
    static const int kinds[3] = {SIGSTOP, SIGTSTP, SIGSTOP};
    struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
    unsigned long loops[3];
    pid_t pids[3];
    int status;

    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(mkfifo("fifo", 0600));
    sigaction(SIGCHLD, &action, NULL);
    for (int i = 0; i < 3; i++)
        pids[i] = start(i, kinds[i]);
    CHECK(waitpid(pids[0], &status, WUNTRACED) == pids[0] && WIFSTOPPED(status), "the first stop");
    MUST(kill(pids[1], SIGUSR1));
    while (stops < 3)
        moment(true);
    for (int i = 0; i < 3; i++)
        loops[i] = shared->loops[i];
    ready();
    wait_go();
    if (sabotaged())
        MUST(kill(pids[0], SIGCONT));
    look(pids, loops);
    CHECK(stops == 3, "%d signals told of three stops", stops);
    int fifo = MUST(open("fifo", O_RDWR));
    MUST(write(fifo, "x", 1));
    for (int i = 0; i < 3; i++)
        MUST(kill(pids[i], SIGCONT));
    CHECK(waitpid(pids[0], &status, WCONTINUED) == pids[0] && WIFCONTINUED(status), "continued");
    while (shared->handled == 0)
        moment(true);
    touch("end");
    for (int i = 0; i < 3; i++)
        expect_exit(pids[i], 20 + i);
    pass();
}
