// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.Path;
import java.util.Objects;

/**
 * An attempt of a task is about to be written and submitted.
 *
 * @param policy the policy of this task
 * @param wrappable whether the adapter is able to put the checkpointer before the task's command
 * @param attempt 1 for the first
 * @param directory the work directory of this attempt
 * @param place where it will run
 */
public record TaskPending(
        TaskRef task, CheckpointPolicy policy, boolean wrappable, int attempt, Path directory, Place place) {

    public TaskPending {
        Objects.requireNonNull(task, "task");
        Objects.requireNonNull(policy, "policy");
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(place, "place");
    }
}
