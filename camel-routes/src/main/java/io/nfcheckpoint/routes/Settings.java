// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * What the routes of one run need to know.
 *
 * @param storeRoot stores below it are watched for new generations
 * @param loggerName the logger for what the user of the engine should read
 * @param poll how often the live stores are looked at
 */
public record Settings(Path storeRoot, String loggerName, Duration poll) {

    public Settings {
        storeRoot = storeRoot.toAbsolutePath().normalize();
        Objects.requireNonNull(loggerName, "loggerName");
        if (poll.toMillis() < 1) {
            throw new IllegalArgumentException("poll: '%s' is not allowed; allowed: from 1 ms up".formatted(poll));
        }
    }

    public static Settings of(Path storeRoot, String loggerName) {
        return new Settings(storeRoot, loggerName, Duration.ofSeconds(1));
    }
}
