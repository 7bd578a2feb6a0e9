/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Proves that a System V message queue keeps id, key and limit, and its messages in order with their types, and that a
 * process that waits for a message gets the one that is sent later. */
#include "sysv.h"

#define LIMIT 8000
#define BIG   3000

struct message {
    long type;
    char text[BIG];
};

static void message_send(int id, long type, size_t size, uint64_t seed)
{
    struct message message = {.type = type};

    fill(message.text, size, seed);
    MUST(msgsnd(id, &message, size, IPC_NOWAIT));
}

static void message_expect(int id, long wanted, long type, size_t size, uint64_t seed)
{
    struct message message;
    ssize_t got = MUST(msgrcv(id, &message, sizeof(message.text), wanted, IPC_NOWAIT));

    CHECK(got == (ssize_t)size && message.type == type, "%zd bytes of type %ld, not %zu of %ld",
          got, message.type, size, type);
    CHECK(first_wrong(message.text, size, seed) < 0, "a message of type %ld has changed", type);
}

int main(void)
{
    struct msqid_ds status;
    key_t key = (key_t)(0x6d000000 + getpid());
    int id = sysv_owned(SYSV_QUEUE, msgget(key, IPC_CREAT | IPC_EXCL | 0660));

    MUST(msgctl(id, IPC_STAT, &status));
    status.msg_qbytes = LIMIT;
    MUST(msgctl(id, IPC_SET, &status));
    message_send(id, 3, 10, 1);
    message_send(id, 1, BIG, 2);
    message_send(id, 3, 0, 3);
    message_send(id, 2, 100, 4);
    pid_t child = MUST(fork());
    if (child == 0) {
        struct message message;
        ssize_t got = MUST(msgrcv(id, &message, sizeof(message.text), 9, 0));
        _exit(got == 20 && first_wrong(message.text, 20, 5) < 0 ? 6 : 1);
    }
    wait_asleep(child, child);
    ready();
    wait_go();
    if (sabotaged())
        message_expect(id, 0, 3, 10, 1);
    CHECK(msgget(key, 0) == id, "the key leads to another queue than %d", id);
    MUST(msgctl(id, IPC_STAT, &status));
    CHECK(status.msg_qnum == 4 && status.msg_qbytes == LIMIT && status.msg_perm.mode == 0660,
          "%lu messages, limit %lu", status.msg_qnum, status.msg_qbytes);
    wait_asleep(child, child);
    message_expect(id, 2, 2, 100, 4);
    message_expect(id, 0, 3, 10, 1);
    message_expect(id, 0, 1, BIG, 2);
    message_expect(id, 0, 3, 0, 3);
    message_send(id, 9, 20, 5);
    expect_exit(child, 6);
    MUST(msgctl(id, IPC_RMID, NULL));
    pass();
}
