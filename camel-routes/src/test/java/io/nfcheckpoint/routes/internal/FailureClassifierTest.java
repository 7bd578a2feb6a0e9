// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreStatus;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureClassifierTest {

    @ParameterizedTest
    @CsvSource({
        "137, SIGNALLED",
        "143, SIGNALLED",
        "130, SIGNALLED",
        "152, SIGNALLED",
        "139, CRASHED",
        "134, CRASHED",
        "141, ERROR_EXIT",
        "0, ERROR_EXIT",
        "1, ERROR_EXIT",
        "2, ERROR_EXIT",
        "127, ERROR_EXIT",
        "128, ERROR_EXIT",
        "255, ERROR_EXIT"
    })
    void goesByTheCommandsOwnStatusWhenItEnded(int exitStatus, FailureCause cause) {
        assertThat(FailureClassifier.classify(OptionalInt.of(1), Optional.of(Values.ended(exitStatus))))
                .isEqualTo(cause);
    }

    @ParameterizedTest
    @CsvSource({"137, KILLED", "143, KILLED", "2, CHECKPOINT_FAULT", "127, CHECKPOINT_FAULT", "1, ERROR_EXIT"})
    void goesByTheEnginesStatusWhenNobodyWroteAnother(int exitStatus, FailureCause cause) {
        assertThat(FailureClassifier.classify(
                        OptionalInt.of(exitStatus), Optional.of(Values.status(StoreStatus.RUNNING))))
                .isEqualTo(cause);
    }

    @Test
    void takesATaskThatVanishedForKilled() {
        assertThat(FailureClassifier.classify(OptionalInt.empty(), Optional.of(Values.status(StoreStatus.RUNNING))))
                .isEqualTo(FailureCause.KILLED);
        assertThat(FailureClassifier.classify(OptionalInt.empty(), Optional.empty()))
                .isEqualTo(FailureCause.KILLED);
    }

    @Test
    void seesThatATaskWasStopped() {
        assertThat(FailureClassifier.classify(OptionalInt.of(143), Optional.of(Values.status(StoreStatus.STOPPED))))
                .isEqualTo(FailureCause.STOPPED);
        assertThat(FailureClassifier.classify(OptionalInt.empty(), Optional.of(Values.status(StoreStatus.STOPPED))))
                .isEqualTo(FailureCause.STOPPED);
    }

    @Test
    void seesThatTheCheckpointerDidNotStart() {
        assertThat(FailureClassifier.classify(OptionalInt.of(127), Optional.empty()))
                .isEqualTo(FailureCause.CHECKPOINT_FAULT);
        assertThat(FailureClassifier.classify(OptionalInt.of(176), Optional.of(Values.status(StoreStatus.STOPPED))))
                .isEqualTo(FailureCause.CHECKPOINT_FAULT);
    }
}
