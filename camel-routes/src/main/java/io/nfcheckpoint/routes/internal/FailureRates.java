// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.Place;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How often tasks fail where, over this run and those before it. What this run sees is added to the file at a failure, once
 * in a while, and at the end; a file that cannot be used is one line, and the run counts for itself. Thread-safe.
 */
final class FailureRates {

    private static final Duration BETWEEN_SAVES = Duration.ofMinutes(5);

    /** A change by such a factor is worth a line. */
    private static final double WORTH_TELLING = 1.5;

    private final Optional<FailureRatesFile> file;
    private final InstantSource clock;
    private final UserLog log;
    private final Map<Place, FailureRate> told = new HashMap<>();
    private Map<Place, FailureRate> saved;
    private Map<Place, FailureRate> unsaved = new HashMap<>();
    private Instant lastSave;
    private boolean broken;

    /** @param file empty: nothing is kept from run to run */
    FailureRates(Optional<FailureRatesFile> file, InstantSource clock, UserLog log) {
        this.file = file;
        this.clock = clock;
        this.log = log;
        this.lastSave = clock.instant();
    }

    /** @param failed whether an attempt that ran so long was then interrupted by what only an image helps against */
    synchronized void observe(Place place, Duration ran, boolean failed) {
        Instant now = clock.instant();
        unsaved.merge(place, FailureRate.NONE.observed(ran, failed, now), FailureRate::plus);
        if (failed || Duration.between(lastSave, now).compareTo(BETWEEN_SAVES) >= 0) {
            save();
        }
    }

    synchronized Duration timeBetweenFailures(Place place) {
        FailureRate rate = rate(place);
        Duration time = rate.timeBetweenFailures();
        FailureRate before = told.get(place);
        if (before == null || differ(time, before.timeBetweenFailures())) {
            told.put(place, rate);
            log.expectedFailures(place, rate);
        }
        return time;
    }

    synchronized FailureRate rate(Place place) {
        return saved().getOrDefault(place, FailureRate.NONE)
                .plus(unsaved.getOrDefault(place, FailureRate.NONE))
                .agedTo(clock.instant());
    }

    synchronized void save() {
        lastSave = clock.instant();
        if (file.isEmpty() || broken || unsaved.isEmpty()) {
            return;
        }
        try {
            saved = file.get().add(unsaved);
            unsaved = new HashMap<>();
        } catch (IOException e) {
            giveUp(e);
        }
    }

    private Map<Place, FailureRate> saved() {
        if (saved == null) {
            saved = Map.of();
            try {
                if (file.isPresent()) {
                    saved = file.get().read();
                }
            } catch (IOException e) {
                // The next that is written is sound.
                log.failureRatesLost(file.get().path(), e);
            }
        }
        return saved;
    }

    private void giveUp(IOException cause) {
        broken = true;
        log.failureRatesLost(file.get().path(), cause);
    }

    private static boolean differ(Duration one, Duration other) {
        double factor = one.toSeconds() / (double) other.toSeconds();
        return factor > WORTH_TELLING || factor < 1 / WORTH_TELLING;
    }
}
