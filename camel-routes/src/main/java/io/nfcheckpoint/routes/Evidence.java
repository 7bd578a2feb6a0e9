// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an engine knows about a failed attempt besides its exit status.
 *
 * @param timedOut whether the engine ended it because its time was over
 * @param timeLimit how long the attempt was allowed to take
 * @param memory bytes that the attempt was allowed to use
 * @param lastWords the end of what it wrote to its standard error
 */
public record Evidence(boolean timedOut, Optional<Duration> timeLimit, OptionalLong memory, String lastWords) {

    public static final Evidence NONE = new Evidence(false, Optional.empty(), OptionalLong.empty(), "");

    public Evidence {
        Objects.requireNonNull(timeLimit, "timeLimit");
        Objects.requireNonNull(memory, "memory");
        Objects.requireNonNull(lastWords, "lastWords");
    }
}
