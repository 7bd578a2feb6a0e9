// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import java.time.Duration;
import java.time.Instant;

/**
 * How often tasks were interrupted in one place, in the time that they ran there. What is long ago counts less: machines
 * are replaced. Pure.
 *
 * @param seconds that tasks have run, all together
 * @param failures in that time
 * @param at the moment for which both hold
 */
record FailureRate(double seconds, double failures, Instant at) {

    static final FailureRate NONE = new FailureRate(0, 0, Instant.EPOCH);

    /** What is expected before anything is known, as strong as one observation of it. */
    private static final Duration PRIOR = Duration.ofDays(1);

    private static final Duration HALF_LIFE = Duration.ofDays(30);

    /** Neither chance in a new place nor luck in an old one leads out of these. */
    private static final Duration LEAST = Duration.ofMinutes(10);

    private static final Duration MOST = Duration.ofDays(60);

    FailureRate {
        if (!(seconds >= 0 && failures >= 0 && Double.isFinite(seconds + failures))) {
            throw new IllegalArgumentException("%s failures in %s s".formatted(failures, seconds));
        }
    }

    FailureRate observed(Duration ran, boolean failed, Instant now) {
        return plus(new FailureRate(Math.max(0, ran.toMillis() / 1e3), failed ? 1 : 0, now));
    }

    FailureRate plus(FailureRate other) {
        Instant later = at.isAfter(other.at) ? at : other.at;
        FailureRate mine = agedTo(later);
        FailureRate others = other.agedTo(later);
        return new FailureRate(mine.seconds + others.seconds, mine.failures + others.failures, later);
    }

    /** A clock that has been set back makes nothing younger. */
    FailureRate agedTo(Instant now) {
        if (!now.isAfter(at) || equals(NONE)) {
            return new FailureRate(seconds, failures, now);
        }
        double left = Math.pow(0.5, Duration.between(at, now).toSeconds() / (double) HALF_LIFE.toSeconds());
        return new FailureRate(seconds * left, failures * left, now);
    }

    /** The mean of a gamma distribution for the rate, whose prior is {@link #PRIOR}. */
    Duration timeBetweenFailures() {
        double expected = (PRIOR.toSeconds() + seconds) / (1 + failures);
        return Duration.ofSeconds(Math.round(Math.max(LEAST.toSeconds(), Math.min(MOST.toSeconds(), expected))));
    }
}
