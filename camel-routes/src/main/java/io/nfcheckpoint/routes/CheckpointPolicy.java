// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * How a task is checkpointed. Immutable and always valid.
 *
 * @param enabled whether the task runs under the checkpointer at all
 * @param interval time between two periodic checkpoints; zero for none
 * @param keep complete generations that stay on disk, at least 1
 * @param maxRestarts how often a task is restarted from an image before its failure is left to the engine
 * @param maxSize bytes that one image may take; zero for no limit
 * @param storeRoot the directory that the stores of a run lie in
 */
public record CheckpointPolicy(
        boolean enabled, Duration interval, int keep, int maxRestarts, long maxSize, Path storeRoot) {

    public static final CheckpointPolicy DEFAULTS =
            new CheckpointPolicy(true, Duration.ofMinutes(10), 2, 10, 0, Path.of(".ckpt"));

    /** @throws IllegalArgumentException naming the key, the value and what is allowed */
    public CheckpointPolicy {
        Objects.requireNonNull(interval, "interval");
        Objects.requireNonNull(storeRoot, "storeRoot");
        PolicyValues.requireInterval(interval);
        PolicyValues.requireAtLeast("keep", keep, 1);
        PolicyValues.requireAtLeast("maxRestarts", maxRestarts, 0);
        PolicyValues.requireSize(maxSize);
    }

    /**
     * Reads values as a person writes them in a configuration: keys {@code enabled}, {@code interval}, {@code dir},
     * {@code keep}, {@code maxRestarts} and {@code maxSize}; what is not named stays as in {@code base}.
     *
     * @param values each a value of the fitting type or anything whose {@code toString} reads as one; an interval is
     *     a {@link Duration}, a number of seconds, or a text such as {@code 500ms}, {@code '30 s'}, {@code 10min},
     *     {@code '1h 30m'}, a size a number of bytes or a text such as {@code 500M}, {@code '10 GB'}
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public static CheckpointPolicy parse(Map<String, ?> values, CheckpointPolicy base) {
        return PolicyValues.parse(values, base);
    }

    /**
     * The policy of one task that may carry a directive of its own.
     *
     * @param directive {@code null} for none, a boolean (switches the task on or off), or a map as in {@link #parse}
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public static CheckpointPolicy forTask(Object directive, CheckpointPolicy base) {
        return PolicyValues.forTask(directive, base);
    }

    public static Builder builder() {
        return new Builder(DEFAULTS);
    }

    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Collects values; {@link #build} validates them. Not for several threads. */
    public static final class Builder {
        private boolean enabled;
        private Duration interval;
        private int keep;
        private int maxRestarts;
        private long maxSize;
        private Path storeRoot;

        private Builder(CheckpointPolicy base) {
            enabled = base.enabled();
            interval = base.interval();
            keep = base.keep();
            maxRestarts = base.maxRestarts();
            maxSize = base.maxSize();
            storeRoot = base.storeRoot();
        }

        public Builder enabled(boolean value) {
            enabled = value;
            return this;
        }

        public Builder interval(Duration value) {
            interval = value;
            return this;
        }

        public Builder keep(int value) {
            keep = value;
            return this;
        }

        public Builder maxRestarts(int value) {
            maxRestarts = value;
            return this;
        }

        public Builder maxSize(long value) {
            maxSize = value;
            return this;
        }

        public Builder storeRoot(Path value) {
            storeRoot = value;
            return this;
        }

        /** @throws IllegalArgumentException naming the key, the value and what is allowed */
        public CheckpointPolicy build() {
            return new CheckpointPolicy(enabled, interval, keep, maxRestarts, maxSize, storeRoot);
        }
    }
}
