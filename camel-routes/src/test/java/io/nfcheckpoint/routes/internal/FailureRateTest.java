// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FailureRateTest {

    private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

    @Test
    void expectsOneFailureADayBeforeItKnows() {
        assertThat(FailureRate.NONE.timeBetweenFailures()).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void isNotLedAstrayByOneEarlyFailure() {
        var rate = FailureRate.NONE.observed(Duration.ofMinutes(1), true, NOW);

        assertThat(rate.timeBetweenFailures()).isBetween(Duration.ofHours(12), Duration.ofHours(13));
    }

    @Test
    void followsWhatItHasSeenOften() {
        var rate = FailureRate.NONE;
        for (int i = 0; i < 200; i++) {
            rate = rate.observed(Duration.ofHours(2), true, NOW);
        }

        assertThat(rate.timeBetweenFailures()).isCloseTo(Duration.ofHours(2), Duration.ofMinutes(10));
    }

    @Test
    void growsWithTimeThatPassedWell() {
        var rate = FailureRate.NONE.observed(Duration.ofDays(9), false, NOW);

        assertThat(rate.timeBetweenFailures()).isEqualTo(Duration.ofDays(10));
    }

    @Test
    void staysWithinBounds() {
        assertThat(new FailureRate(0, 1e6, NOW).timeBetweenFailures()).isEqualTo(Duration.ofMinutes(10));
        assertThat(new FailureRate(1e12, 0, NOW).timeBetweenFailures()).isEqualTo(Duration.ofDays(60));
    }

    @Test
    void countsWhatIsLongAgoForLess() {
        var rate = new FailureRate(1000, 8, NOW.minus(Duration.ofDays(60))).agedTo(NOW);

        assertThat(rate.seconds()).isCloseTo(250, within(1e-6));
        assertThat(rate.failures()).isCloseTo(2, within(1e-6));
    }

    @Test
    void addsObservationsOfDifferentAges() {
        var old = new FailureRate(1000, 4, NOW.minus(Duration.ofDays(30)));
        var young = new FailureRate(100, 1, NOW);

        assertThat(old.plus(young)).isEqualTo(young.plus(old)).isEqualTo(new FailureRate(600, 3, NOW));
    }

    @Test
    void isNotChangedByAClockThatWasSetBack() {
        var rate = new FailureRate(1000, 4, NOW).agedTo(NOW.minus(Duration.ofDays(30)));

        assertThat(rate.seconds()).isEqualTo(1000);
        assertThat(rate.failures()).isEqualTo(4);
    }

    @Test
    void refusesWhatIsNoNumberOfFailures() {
        assertThatIllegalArgumentException().isThrownBy(() -> new FailureRate(1, -1, NOW));
        assertThatIllegalArgumentException().isThrownBy(() -> new FailureRate(Double.NaN, 1, NOW));
        assertThatIllegalArgumentException().isThrownBy(() -> new FailureRate(Double.POSITIVE_INFINITY, 1, NOW));
    }
}
