// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * An attempt of a task is about to be written and submitted.
 *
 * @param policy the policy of this task
 * @param wrappable whether the adapter is able to put the checkpointer before the task's command
 * @param attempt 1 for the first
 * @param previousDirectory the work directory of the attempt before this one
 */
public record TaskPending(
        TaskRef task, CheckpointPolicy policy, boolean wrappable, int attempt, Optional<Path> previousDirectory) {

    public TaskPending {
        Objects.requireNonNull(task, "task");
        Objects.requireNonNull(policy, "policy");
        Objects.requireNonNull(previousDirectory, "previousDirectory");
    }
}
