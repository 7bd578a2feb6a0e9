// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.TaskRef;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checkpoints of running tasks that could not be taken.
 *
 * <p>The user learns of each reason once: a thousand tasks of one program have it in common. Numbers in it, such as those
 * of processes, make no other reason.
 */
final class FailedCheckpoints {

    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private final UserLog log;

    FailedCheckpoints(UserLog log) {
        this.log = log;
    }

    void notice(TaskRef task, StoreStatus status) {
        status.failure().map(StoreStatus.Failure::reason).ifPresent(reason -> {
            boolean isNew = told.add(reason.replaceAll("\\d+", "0"));
            log.noCheckpoint(task.name(), reason, status.generation(), isNew);
        });
    }
}
