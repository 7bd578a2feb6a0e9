// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Waits for what other processes do, which they do not announce. */
final class Await {

    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final long POLL_MILLIS = 20;

    private Await() {}

    /** @return what {@code look} finds, as soon as it finds something */
    static <T> T that(String what, Callable<Optional<T>> look) throws Exception {
        var end = Instant.now().plus(LIMIT);
        while (Instant.now().isBefore(end)) {
            Optional<T> found = look.call();
            if (found.isPresent()) {
                return found.get();
            }
            Thread.sleep(POLL_MILLIS);
        }
        throw new AssertionError("waited %d s in vain for %s".formatted(LIMIT.toSeconds(), what));
    }
}
