// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How a task is checkpointed. Immutable and always valid. {@link PolicyKey} names what people write.
 *
 * @param enabled whether the task runs under the checkpointer at all
 * @param interval time between two periodic checkpoints
 * @param minRuntime run time of the task before which no checkpoint is taken, except on request
 * @param keep complete generations that stay on disk, at least 1
 * @param maxRestarts how often a task is restarted from an image before its failure is left to the engine
 * @param maxSize bytes that one image may take; zero for no limit
 * @param grace how long the last checkpoint of a task that is asked to end may take
 * @param onError what becomes of a task that was interrupted
 * @param compression how images are compressed
 * @param signals what signals from outside mean besides what they mean anyway, such as {@code USR1=continue}
 * @param refreshEnv variables that belong to the job and not to the task, by names and globs; {@code default} stands for
 *     those of batch systems
 * @param storeRoot the directory that the stores of a run lie in
 * @param routes a directory with route files of the user; the same for all tasks of a run
 */
public record CheckpointPolicy(
        boolean enabled,
        Interval interval,
        Duration minRuntime,
        int keep,
        int maxRestarts,
        long maxSize,
        Duration grace,
        OnError onError,
        Compression compression,
        List<String> signals,
        List<String> refreshEnv,
        Path storeRoot,
        Optional<Path> routes) {

    public static final CheckpointPolicy DEFAULTS = new CheckpointPolicy(
            true,
            Interval.every(Duration.ofMinutes(10)),
            Duration.ZERO,
            2,
            10,
            0,
            Duration.ofSeconds(20),
            OnError.RESTART,
            Compression.NONE,
            List.of(),
            List.of("default"),
            Path.of(".ckpt"),
            Optional.empty());

    /** @throws IllegalArgumentException naming the key, the value and what is allowed */
    public CheckpointPolicy {
        Objects.requireNonNull(interval, "interval");
        Objects.requireNonNull(onError, "onError");
        Objects.requireNonNull(compression, "compression");
        Objects.requireNonNull(storeRoot, "storeRoot");
        Objects.requireNonNull(routes, "routes");
        interval.fixed().ifPresent(time -> PolicyValues.requireTime(PolicyKey.INTERVAL, time));
        PolicyValues.requireTime(PolicyKey.MIN_RUNTIME, minRuntime);
        PolicyValues.requireAtLeast(PolicyKey.KEEP, keep, 1);
        PolicyValues.requireAtLeast(PolicyKey.MAX_RESTARTS, maxRestarts, 0);
        PolicyValues.requireSize(PolicyKey.MAX_SIZE, maxSize);
        PolicyValues.requireTime(PolicyKey.GRACE, grace);
        signals = List.copyOf(signals);
        refreshEnv = List.copyOf(refreshEnv);
    }

    /**
     * Reads values as a person writes them in a configuration, by the names of {@link PolicyKey}; what is not named stays
     * as in {@code base}.
     *
     * @param values each a value of the fitting type or anything whose {@code toString} reads as one; a time is a
     *     {@link Duration}, a number of seconds, or a text such as {@code 500ms}, {@code '30 s'}, {@code 10min},
     *     {@code '1h 30m'}, a size a number of bytes or a text such as {@code 500M}, {@code '10 GB'}
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public static CheckpointPolicy parse(Map<String, ?> values, CheckpointPolicy base) {
        return PolicyValues.parse(values, base);
    }

    /**
     * The policy of a run, with what its configuration says.
     *
     * @param directive as in {@link #forTask}
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public static CheckpointPolicy forRun(Object directive, CheckpointPolicy base) {
        return PolicyValues.forRun(directive, base);
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
        private Interval interval;
        private Duration minRuntime;
        private int keep;
        private int maxRestarts;
        private long maxSize;
        private Duration grace;
        private OnError onError;
        private Compression compression;
        private List<String> signals;
        private List<String> refreshEnv;
        private Path storeRoot;
        private Optional<Path> routes;

        private Builder(CheckpointPolicy base) {
            enabled = base.enabled();
            interval = base.interval();
            minRuntime = base.minRuntime();
            keep = base.keep();
            maxRestarts = base.maxRestarts();
            maxSize = base.maxSize();
            grace = base.grace();
            onError = base.onError();
            compression = base.compression();
            signals = base.signals();
            refreshEnv = base.refreshEnv();
            storeRoot = base.storeRoot();
            routes = base.routes();
        }

        public Builder enabled(boolean value) {
            enabled = value;
            return this;
        }

        public Builder interval(Interval value) {
            interval = value;
            return this;
        }

        public Builder minRuntime(Duration value) {
            minRuntime = value;
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

        public Builder grace(Duration value) {
            grace = value;
            return this;
        }

        public Builder onError(OnError value) {
            onError = value;
            return this;
        }

        public Builder compression(Compression value) {
            compression = value;
            return this;
        }

        public Builder signals(List<String> value) {
            signals = value;
            return this;
        }

        public Builder refreshEnv(List<String> value) {
            refreshEnv = value;
            return this;
        }

        public Builder storeRoot(Path value) {
            storeRoot = value;
            return this;
        }

        public Builder routes(Optional<Path> value) {
            routes = value;
            return this;
        }

        /** @throws IllegalArgumentException naming the key, the value and what is allowed */
        public CheckpointPolicy build() {
            return new CheckpointPolicy(
                    enabled,
                    interval,
                    minRuntime,
                    keep,
                    maxRestarts,
                    maxSize,
                    grace,
                    onError,
                    compression,
                    signals,
                    refreshEnv,
                    storeRoot,
                    routes);
        }
    }
}
