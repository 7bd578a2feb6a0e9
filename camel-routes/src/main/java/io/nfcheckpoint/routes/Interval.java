// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * The time between two periodic checkpoints of a task.
 *
 * @param fixed empty when it is chosen from what a checkpoint costs and how often tasks fail; zero for no periodic
 *     checkpoint
 */
public record Interval(Optional<Duration> fixed) {

    public static final Interval AUTO = new Interval(Optional.empty());

    public Interval {
        Objects.requireNonNull(fixed, "fixed");
    }

    public static Interval every(Duration time) {
        return new Interval(Optional.of(time));
    }
}
