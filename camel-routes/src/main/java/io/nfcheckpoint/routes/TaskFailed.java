// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An attempt of a wrapped task ended without success, and nothing of it runs any more.
 *
 * @param exitStatus as the engine knows it; empty when it found none, as after the loss of a node
 * @param engineWouldRetry what the engine would do without us
 * @param restartsSoFar restarts of this task that the adapter knows of; those in the store count as well
 * @param settled why it is not tried again whatever is decided here: the event is for the record
 */
public record TaskFailed(
        TaskRef task,
        OptionalInt exitStatus,
        boolean engineWouldRetry,
        int restartsSoFar,
        Evidence evidence,
        Optional<String> settled) {

    public TaskFailed {
        Objects.requireNonNull(task, "task");
        Objects.requireNonNull(exitStatus, "exitStatus");
        Objects.requireNonNull(evidence, "evidence");
        Objects.requireNonNull(settled, "settled");
    }

    public TaskFailed(
            TaskRef task, OptionalInt exitStatus, boolean engineWouldRetry, int restartsSoFar, Evidence evidence) {
        this(task, exitStatus, engineWouldRetry, restartsSoFar, evidence, Optional.empty());
    }

    public TaskFailed(TaskRef task, OptionalInt exitStatus, boolean engineWouldRetry, int restartsSoFar) {
        this(task, exitStatus, engineWouldRetry, restartsSoFar, Evidence.NONE);
    }
}
