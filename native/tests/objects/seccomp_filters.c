/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Filters of system calls are what they were: two of the whole process, one more of a thread, those that a child of fork
 * and a program have inherited; and threads can still agree on another one. */
#include "testlib.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>

#define OFFSET(field) ((uint32_t)offsetof(struct seccomp_data, field))

/* Refuses one system call, when its first argument is this, with this error. */
static struct sock_fprog refusal(struct sock_filter code[7], int number, uint32_t first, int error)
{
    const struct sock_filter made[7] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };

    memcpy(code, made, sizeof(made));
    return (struct sock_fprog){.len = 7, .filter = code};
}

static int error_of(int number, long first)
{
    errno = 0;
    return syscall(number, first, 0, 0) == -1 ? errno : 0;
}

static int filters_of(pid_t tid)
{
    char path[64], line[128];
    int count = -1;

    snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
    FILE *file = fopen(path, "re");
    CHECK(file != NULL, "%s", path);
    while (fgets(line, sizeof(line), file) != NULL)
        sscanf(line, "Seccomp_filters: %d", &count);
    fclose(file);
    return count;
}

static int before; /* a container's */

/* Of all processes and threads but the first, which are under so many. */
static void look(const char *who, int filters)
{
    CHECK(filters_of(my_tid()) == before + filters, "%s: %d filters instead of %d", who,
          filters_of(my_tid()) - before, filters);
    CHECK(error_of(SYS_getsid, 70001) == 71, "%s: the first filter answers with error %d", who,
          error_of(SYS_getsid, 70001));
    CHECK(error_of(SYS_getsid, 0) == 0, "%s: the first filter refuses too much", who);
    CHECK(error_of(SYS_getpgid, 70002) == (filters > 1 ? 72 : ESRCH), "%s: the second filter", who);
    CHECK(error_of(SYS_umask, 0777) == (filters > 2 ? 73 : 0), "%s: the third filter", who);
}

static pthread_barrier_t installed;

static void *thread_main(void *unused)
{
    struct sock_filter code[7];
    struct sock_fprog program = refusal(code, SYS_umask, 0777, 73);

    (void)unused;
    MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
    pthread_barrier_wait(&installed);
    wait_go();
    look("thread", 3);
    return NULL;
}

static void *wait_again(void *unused)
{
    (void)unused;
    wait_for("again", false);
    return NULL;
}

static void child_main(char *self)
{
    char number[16];

    pid_t program = fork();
    if (program == 0) {
        snprintf(number, sizeof(number), "%d", before);
        execl(self, self, "program", number, NULL);
        fail("exec: %s", strerror(errno));
    }
    wait_go();
    look("child", 2);
    expect_exit(program, 0);
    _exit(0);
}

int main(int argc, char **argv)
{
    struct sock_filter code[7];
    struct sock_fprog program;
    pthread_t thread;

    if (argc > 1) {
        before = atoi(argv[2]);
        touch("program");
        wait_go();
        look("program", 2);
        return 0;
    }
    before = filters_of(my_tid());
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    program = refusal(code, SYS_getsid, 70001, 71);
    MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
    program = refusal(code, SYS_getpgid, 70002, 72);
    MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program));
    pid_t child = fork();
    if (child == 0)
        child_main(argv[0]);
    pthread_barrier_init(&installed, NULL, 2);
    MUST(pthread_create(&thread, NULL, thread_main, NULL) == 0 ? 0 : -1);
    pthread_barrier_wait(&installed);
    wait_for("program", false);
    ready();
    wait_go();
    if (sabotaged())
        before++;
    look("main thread", 2);
    pthread_join(thread, NULL);
    int status = status_of(child);
    CHECK(status == 0, "the child ended with wait status 0x%x", status);
    MUST(pthread_create(&thread, NULL, wait_again, NULL) == 0 ? 0 : -1);
    program = refusal(code, SYS_getpriority, 99, 74);
    long failed =
        MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program));
    CHECK(failed == 0, "thread %ld of %d cannot have the same filters", failed, (int)getpid());
    CHECK(error_of(SYS_getpriority, 99) == 74, "a filter of afterwards");
    touch("again");
    pthread_join(thread, NULL);
    pass();
}
