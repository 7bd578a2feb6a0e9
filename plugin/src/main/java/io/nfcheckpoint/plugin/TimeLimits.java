// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.time.Duration;
import java.util.Optional;
import nextflow.processor.TaskRun;

/** How long an attempt may take. */
final class TimeLimits {

    /** There the job itself knows when it ends, and more exactly. */
    private static final String SLURM = "slurm";

    private TimeLimits() {}

    static Optional<Duration> of(TaskRun task) {
        var time = task.getConfig().getTime();
        return time == null ? Optional.empty() : Optional.of(Duration.ofMillis(time.toMillis()));
    }

    /** What the checkpointer has to be told. */
    static Optional<Duration> toTell(TaskRun task) {
        return SLURM.equals(task.getProcessor().getExecutor().getName()) ? Optional.empty() : of(task);
    }
}
