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
 * @param run what the engine calls the run
 * @param routes a directory with route files of the user
 * @param poll how often the live stores are looked at
 */
public record Settings(
        Path storeRoot,
        String loggerName,
        Optional<Path> trace,
        Optional<Path> failureRates,
        String run,
        Optional<Path> routes,
        Duration poll) {

    public Settings {
        storeRoot = storeRoot.toAbsolutePath().normalize();
        Objects.requireNonNull(loggerName, "loggerName");
        Objects.requireNonNull(trace, "trace");
        Objects.requireNonNull(failureRates, "failureRates");
        Objects.requireNonNull(run, "run");
        routes = routes.map(folder -> folder.toAbsolutePath().normalize());
        if (poll.toMillis() < 1) {
            throw new IllegalArgumentException("poll: '%s' is not allowed; allowed: from 1 ms up".formatted(poll));
        }
    }

    /** No files, no routes of the user. */
    public static Settings of(Path storeRoot, String loggerName) {
        var none = Optional.<Path>empty();
        return new Settings(storeRoot, loggerName, none, none, "", none, Duration.ofSeconds(1));
    }

    public Settings withTrace(Path file) {
        return new Settings(storeRoot, loggerName, Optional.of(file), failureRates, run, routes, poll);
    }

    public Settings withFailureRates(Path file) {
        return new Settings(storeRoot, loggerName, trace, Optional.of(file), run, routes, poll);
    }

    /** @param name what the engine calls the run */
    public Settings withRun(String name) {
        return new Settings(storeRoot, loggerName, trace, failureRates, name, routes, poll);
    }

    public Settings withRoutes(Optional<Path> folder) {
        return new Settings(storeRoot, loggerName, trace, failureRates, run, folder, poll);
    }

    public Settings withPoll(Duration time) {
        return new Settings(storeRoot, loggerName, trace, failureRates, run, routes, time);
    }
}
