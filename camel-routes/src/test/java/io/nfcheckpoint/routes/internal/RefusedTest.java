// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RefusedTest {

    private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");
    private static final StoreStatus.Refusal THIRD = new StoreStatus.Refusal(3, "no room");
    private static final StoreStatus.Refusal SECOND = new StoreStatus.Refusal(2, "no room");
    private static final StoreStatus.Refusal FIRST = new StoreStatus.Refusal(1, "another processor");

    @Test
    void imagesThatAreRefusedForTheSameReasonAreNamedTogether() {
        assertThat(new Refused(List.of(THIRD, SECOND, FIRST), Optional.empty()).description())
                .isEqualTo("generation 3 or generation 2: no room; or generation 1: another processor;");
    }

    @Test
    void aHostThatCannotRestartAnythingNamesNoImage() {
        var refusal = new StoreStatus.Refusal(0, "no namespaces");

        assertThat(new Refused(List.of(refusal), Optional.empty()).description())
                .isEqualTo("an image: no namespaces;");
    }

    @Test
    void whatItBeganWithInsteadIsOfTheSameIncarnation() {
        var before = new StoreStatus.Restart(START.minusSeconds(60), 3, Duration.ofMinutes(1));
        var now = new StoreStatus.Restart(START, 1, Duration.ofMinutes(1));

        assertThat(Refused.of(status(List.of(before), THIRD)))
                .hasValueSatisfying(refused -> assertThat(refused.instead()).isEmpty());
        assertThat(Refused.of(status(List.of(before, now), THIRD)))
                .hasValueSatisfying(refused -> assertThat(refused.instead()).contains(now));
        assertThat(Refused.of(status(List.of(before, now)))).isEmpty();
    }

    private static StoreStatus status(List<StoreStatus.Restart> restarts, StoreStatus.Refusal... refusals) {
        return new StoreStatus(
                StoreStatus.RUNNING,
                "node1",
                7,
                START,
                0,
                restarts,
                Optional.empty(),
                List.of(),
                OptionalInt.empty(),
                0,
                List.of(refusals),
                Optional.empty());
    }
}
