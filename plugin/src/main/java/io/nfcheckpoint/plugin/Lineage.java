// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.routes.TaskRef;
import java.nio.file.Path;
import java.util.Optional;

/** A task over all its attempts, which follow one another on different threads of Nextflow. */
final class Lineage {

    private final TaskRef task;
    private final boolean isOwner;
    private Path lastDirectory;
    private int attempts;
    private int restarts;
    private int forgiven;

    /** @param isOwner whether the store is this task's; else it only starts in the same way as the owner */
    Lineage(TaskRef task, boolean isOwner) {
        this.task = task;
        this.isOwner = isOwner;
    }

    TaskRef task() {
        return task;
    }

    boolean isOwner() {
        return isOwner;
    }

    /** The work directory of the latest attempt. */
    synchronized Optional<Path> lastDirectory() {
        return Optional.ofNullable(lastDirectory);
    }

    /** @return the number of this attempt, 1 for the first; Nextflow does not count those that were never submitted */
    synchronized int attemptIn(Path directory) {
        lastDirectory = directory;
        return ++attempts;
    }

    synchronized int restarts() {
        return restarts;
    }

    /** Failures that do not count against the limits that the user has set to retries. */
    synchronized int forgiven() {
        return forgiven;
    }

    /** The task is retried, whether or not Nextflow would have. */
    synchronized void restarting(boolean isForgiven) {
        restarts++;
        forgiven += isForgiven ? 1 : 0;
    }
}
