/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* POSIX message queues: messages in their order, attributes, ways of opening, a queue without a name, a full one with a
 * sender that waits, an empty one with a receiver that waits, and one that tells of its next message. */
#include "testlib.h"
#include <mqueue.h>
#include <poll.h>

#define MESSAGE 100

static char names[5][40];

static mqd_t make(int number, int flags, long most)
{
    struct mq_attr attributes = {.mq_maxmsg = most, .mq_msgsize = MESSAGE};

    snprintf(names[number], sizeof(names[number]), "/ckpt-test-%d-%d", (int)getpid(), number);
    return MUST(mq_open(names[number], flags | O_CREAT | O_EXCL, 0640, &attributes));
}

static void take(mqd_t queue, const char *text, unsigned priority)
{
    char got[MESSAGE];
    unsigned its = 0;
    ssize_t size = mq_receive(queue, got, sizeof(got), &its);

    CHECK(size >= 0, "no message '%s': %s", text, strerror(errno));
    CHECK((size_t)size == strlen(text) && memcmp(got, text, (size_t)size) == 0 && its == priority,
          "'%.*s' with priority %u instead of '%s' with %u", (int)size, got, its, text, priority);
}

static void look_at_attributes(mqd_t queue, long flags, long most, long current)
{
    struct mq_attr attributes;

    MUST(mq_getattr(queue, &attributes));
    CHECK(attributes.mq_flags == flags && attributes.mq_maxmsg == most &&
              attributes.mq_msgsize == MESSAGE && attributes.mq_curmsgs == current,
          "flags %lx, %ld messages of at most %ld", attributes.mq_flags, attributes.mq_curmsgs,
          attributes.mq_maxmsg);
}

static pid_t child(mqd_t queue, bool sends)
{
    pid_t pid = fork();

    if (pid != 0)
        return MUST(pid);
    if (sends)
        MUST(mq_send(queue, "waited", 6, 1));
    else
        take(queue, "for the child", 2);
    _exit(0);
}

int main(void)
{
    sigset_t told;
    siginfo_t info;
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3, .sigev_value.sival_int = 4711};

    sigemptyset(&told);
    sigaddset(&told, SIGRTMIN + 3);
    MUST(sigprocmask(SIG_BLOCK, &told, NULL));
    mqd_t out = make(0, O_WRONLY, 8), in = MUST(mq_open(names[0], O_RDONLY | O_NONBLOCK));
    MUST(mq_send(out, "first of three", 14, 3));
    MUST(mq_send(out, "", 0, 0));
    MUST(mq_send(out, "second of three", 15, 3));
    MUST(mq_send(out, "of the most", 11, 32767));
    mqd_t nameless = make(1, O_RDWR, 2);
    MUST(mq_unlink(names[1]));
    MUST(mq_send(nameless, "without a name", 14, 5));
    mqd_t full = make(2, O_RDWR, 1);
    MUST(mq_send(full, "fills it", 8, 1));
    pid_t sender = child(full, true);
    mqd_t empty = make(3, O_RDWR, 1);
    pid_t receiver = child(empty, false);
    mqd_t telling = make(4, O_RDWR, 3);
    MUST(mq_notify(telling, &event));
    /* It would only be told of a message that comes into an empty queue. */
    wait_asleep(sender, sender);
    wait_asleep(receiver, receiver);
    ready();
    wait_go();
    CHECK(mq_open(names[1], O_RDWR) == -1 && errno == ENOENT, "the queue without a name has one");
    mqd_t again = MUST(mq_open(names[0], O_WRONLY));
    for (int i = 0; i < 5; i++)
        CHECK(i == 1 || mq_unlink(names[i]) == 0, "unlink: %s", strerror(errno));
    if (sabotaged())
        take(in, "of the most", 32767);
    look_at_attributes(in, O_NONBLOCK, 8, 4);
    look_at_attributes(out, 0, 8, 4);
    take(in, "of the most", 32767);
    take(in, "first of three", 3);
    take(in, "second of three", 3);
    take(in, "", 0);
    CHECK(mq_receive(in, (char[MESSAGE]){0}, MESSAGE, NULL) == -1 && errno == EAGAIN, "one more");
    take(nameless, "without a name", 5);
    MUST(mq_send(again, "by its name", 11, 1));
    take(in, "by its name", 1);
    struct stat status;
    MUST(fstat(in, &status));
    CHECK((status.st_mode & 0777) == 0640 && status.st_uid == geteuid(), "mode %o, of user %u",
          status.st_mode, status.st_uid);
    take(full, "fills it", 1);
    expect_exit(sender, 0);
    take(full, "waited", 1);
    MUST(mq_send(empty, "for the child", 13, 2));
    expect_exit(receiver, 0);
    CHECK(mq_notify(telling, &event) == -1 && errno == EBUSY, "nobody is registered");
    MUST(mq_send(telling, "tells", 5, 0));
    struct timespec at_once = {5, 0};
    CHECK(sigtimedwait(&told, &info, &at_once) == SIGRTMIN + 3, "nobody was told");
    CHECK(info.si_code == SI_MESGQ && info.si_value.sival_int == 4711, "code %d, value %d",
          info.si_code, info.si_value.sival_int);
    MUST(mq_notify(telling, &event));
    pass();
}
