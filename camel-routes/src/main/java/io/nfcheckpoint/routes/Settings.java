// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * What the routes of one run need to know.
 *
 * @param storeRoot stores below it are watched for new generations
 * @param loggerName the logger for what the user of the engine should read
 * @param trace a file to write a row to for each attempt of a task
 * @param failureRates a file that keeps from run to run how often tasks fail where; runs may share it
 * @param poll how often the live stores are looked at
 */
public record Settings(
        Path storeRoot, String loggerName, Optional<Path> trace, Optional<Path> failureRates, Duration poll) {

    public Settings {
        storeRoot = storeRoot.toAbsolutePath().normalize();
        Objects.requireNonNull(loggerName, "loggerName");
        Objects.requireNonNull(trace, "trace");
        Objects.requireNonNull(failureRates, "failureRates");
        if (poll.toMillis() < 1) {
            throw new IllegalArgumentException("poll: '%s' is not allowed; allowed: from 1 ms up".formatted(poll));
        }
    }

    /** No files. */
    public static Settings of(Path storeRoot, String loggerName) {
        return new Settings(storeRoot, loggerName, Optional.empty(), Optional.empty(), Duration.ofSeconds(1));
    }

    public static Settings of(Path storeRoot, String loggerName, Path trace, Path failureRates) {
        return new Settings(
                storeRoot, loggerName, Optional.of(trace), Optional.of(failureRates), Duration.ofSeconds(1));
    }
}
