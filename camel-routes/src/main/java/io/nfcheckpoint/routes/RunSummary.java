// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.time.Duration;
import java.util.Objects;

/**
 * What checkpointing did for a run.
 *
 * @param wrapped tasks that ran under the checkpointer
 * @param generations complete generations that were noticed while the run lasted; one that came and went between two
 *     looks is not among them
 * @param restartedTasks tasks that continued from an image at least once
 * @param restarts restarts of all tasks together
 * @param saved the run time that those restarts did not have to repeat
 */
public record RunSummary(int wrapped, int generations, int restartedTasks, int restarts, Duration saved) {

    public static final RunSummary NOTHING = new RunSummary(0, 0, 0, 0, Duration.ZERO);

    public RunSummary {
        Objects.requireNonNull(saved, "saved");
    }
}
