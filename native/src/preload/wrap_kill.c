/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The program sends the checkpoint signal to one of its threads. The kernel keeps one of each number for a thread, so
 * while ours is on its way there the program's would get lost, and is sent after the checkpoint. In the other order ours
 * is lost and sent again. Signals for the process as a whole are kept apart and cannot meet ours. */
#include "preload/preload.h"
#include "preload/wrappers.h"

#include <errno.h>

static bool is_ours(int signal)
{
    return preload.managed && signal == preload.signal;
}

EXPORT int pthread_kill(pthread_t thread, int signal)
{
    if (REAL(pthread_kill) == NULL)
        return EINVAL;
    bool held = is_ours(signal) && checkpoint_hold();
    int error = REAL(pthread_kill)(thread, signal);
    checkpoint_unhold(held);
    return error;
}

EXPORT int raise(int signal)
{
    bool held = is_ours(signal) && checkpoint_hold();
    int error = REAL(raise)(signal);
    checkpoint_unhold(held);
    return error;
}
