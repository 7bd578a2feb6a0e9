/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What System V semaphores get back when the process ends (SEM_UNDO). The kernel shows it to nobody, so it is counted
 * here. An operation and its count must be both in an image or neither: the operation is made without waiting while no
 * checkpoint can be; where it has to wait, what waits is the same operation together with its reverse, which changes
 * nothing when it comes through. A restored process makes the kernel count the same by two operations that cancel each
 * other out, one of which is to be undone.
 *
 * exec keeps what the kernel knows, while our count ends with the program. */
#include "preload/semaphore_undo.h"
#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/spin.h"
#include "preload/syscall_hint.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>

#define UNDONE_MAX     512
#define OPERATIONS_MAX 64 /* of one call, so that it can be looked at */

static struct undone {
    int32_t id;
    uint16_t number;
    int16_t amount; /* that the semaphore gets back; 0: the entry is free */
} undone[UNDONE_MAX] SELDOM;
static uint32_t undone_count;
static volatile uint32_t busy;

void semaphore_undo_forked(void)
{
    if (busy != 0)
        busy = 0;
    if (undone_count != 0)
        undone_count = 0;
}

static struct undone *entry_of(int id, unsigned number)
{
    struct undone *found = NULL;

    for (uint32_t i = 0; i < undone_count; i++) {
        if (undone[i].id == id && undone[i].number == number)
            return &undone[i];
        if (undone[i].amount == 0)
            found = &undone[i];
    }
    if (found == NULL && undone_count < UNDONE_MAX)
        found = &undone[undone_count++];
    if (found != NULL)
        *found = (struct undone){.id = id, .number = (uint16_t)number};
    return found;
}

static void count_in(int id, const struct sembuf *operations, size_t count)
{
    spin_lock(&busy);
    for (size_t i = 0; i < count; i++) {
        struct undone *entry =
            (operations[i].sem_flg & SEM_UNDO) != 0 ? entry_of(id, operations[i].sem_num) : NULL;
        if (entry != NULL)
            entry->amount = (int16_t)(entry->amount - operations[i].sem_op);
    }
    spin_unlock(&busy);
}

/* Somebody has set the value, or removed the set: there is nothing to give back. number -1: of the whole set. */
static void forget(int id, int number)
{
    spin_lock(&busy);
    for (uint32_t i = 0; i < undone_count; i++) {
        if (undone[i].id == id && (number < 0 || undone[i].number == number))
            undone[i].amount = 0;
    }
    spin_unlock(&busy);
}

static bool is_to_be_undone(const struct sembuf *operations, size_t count)
{
    if (!preload.managed || operations == NULL || count > OPERATIONS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if ((operations[i].sem_flg & SEM_UNDO) != 0)
            return true;
    }
    return false;
}

static int operate_at_once(int id, const struct sembuf *operations, size_t count)
{
    struct sembuf at_once[OPERATIONS_MAX];

    for (size_t i = 0; i < count; i++) {
        at_once[i] = operations[i];
        at_once[i].sem_flg |= IPC_NOWAIT;
    }
    bool held = checkpoint_hold();
    int result = REAL(semop)(id, at_once, count);
    if (result == 0)
        count_in(id, operations, count);
    checkpoint_unhold(held);
    return result;
}

/* Returns 0 when the operation might come through now. */
static int await(int id, const struct sembuf *operations, size_t count, uint64_t deadline)
{
    struct sembuf both[2 * OPERATIONS_MAX];
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        both[total] = operations[i];
        both[total++].sem_flg &= ~SEM_UNDO;
    }
    for (size_t i = count; i-- > 0;) {
        if (operations[i].sem_op == 0)
            continue;
        both[total] = (struct sembuf){.sem_num = operations[i].sem_num,
                                      .sem_op = (short)-operations[i].sem_op};
        both[total++].sem_flg = 0;
    }
    if (deadline == 0)
        return WITH_HINT(true, SYS_semop, 0, 0, REAL(semop)(id, both, total));
    uint64_t now = now_ns(), left = deadline > now ? deadline - now : 0;
    struct timespec rest = {.tv_sec = (time_t)(left / 1000000000ULL),
                            .tv_nsec = (long)(left % 1000000000ULL)};
    return WITH_HINT(true, SYS_semtimedop, deadline, 0, REAL(semtimedop)(id, both, total, &rest));
}

/* deadline 0: none */
static int operate(int id, const struct sembuf *operations, size_t count, uint64_t deadline)
{
    int before = *REAL(errno_location)(), result;

    do {
        result = operate_at_once(id, operations, count);
        if (result == 0 || *REAL(errno_location)() != EAGAIN)
            break;
        result = await(id, operations, count, deadline);
        if (result < 0)
            return result;
    } while (true);
    if (result == 0)
        *REAL(errno_location)() = before;
    return result;
}

EXPORT int semop(int id, struct sembuf *operations, size_t count)
{
    if (is_to_be_undone(operations, count))
        return operate(id, operations, count, 0);
    return WITH_HINT(true, SYS_semop, 0, 0, REAL(semop)(id, operations, count));
}

EXPORT int semtimedop(int id, struct sembuf *operations, size_t count,
                      const struct timespec *timeout)
{
    uint64_t deadline = deadline_after(timeout);

    if (is_to_be_undone(operations, count) && (timeout == NULL || deadline != 0))
        return operate(id, operations, count, deadline);
    return WITH_HINT(true, SYS_semtimedop, deadline, 0,
                     REAL(semtimedop)(id, operations, count, timeout));
}

EXPORT int semctl(int id, int number, int command, ...)
{
    va_list list;

    va_start(list, command);
    unsigned long argument = va_arg(list, unsigned long);
    va_end(list);
    bool held = command == SETVAL || command == SETALL ? checkpoint_hold() : false;
    int result = REAL(semctl)(id, number, command, argument);
    if (result >= 0 && (command == SETVAL || command == SETALL || command == IPC_RMID))
        forget(id, command == SETVAL ? number : -1);
    checkpoint_unhold(held);
    return result;
}

/* There and back again; the part that is to be undone first or second, as the value has room. */
static void amount_restore(const struct undone *entry)
{
    short amount = entry->amount;
    struct sembuf plain = {.sem_num = entry->number, .sem_op = amount, .sem_flg = IPC_NOWAIT};
    struct sembuf counted = {
        .sem_num = entry->number, .sem_op = (short)-amount, .sem_flg = IPC_NOWAIT | SEM_UNDO};
    struct sembuf first[2] = {plain, counted}, second[2] = {counted, plain};

    if (raw3(SYS_semop, entry->id, first, 2) < 0)
        raw3(SYS_semop, entry->id, second, 2);
}

void semaphore_undo_restore(void)
{
    for (uint32_t i = 0; i < undone_count; i++) {
        if (undone[i].amount != 0)
            amount_restore(&undone[i]);
    }
}
