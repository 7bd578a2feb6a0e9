// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.Evidence;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FailureClassifierTest {

    private static final Evidence TIMED_OUT = new Evidence(true, Optional.empty(), OptionalLong.empty(), "");

    @ParameterizedTest
    @CsvSource({
        "137, SIGNALLED",
        "143, SIGNALLED",
        "130, SIGNALLED",
        "152, WALLTIME",
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
        assertThat(classify(OptionalInt.of(1), Optional.of(Values.ended(exitStatus))))
                .isEqualTo(cause);
    }

    @ParameterizedTest
    @CsvSource({
        "137, KILLED",
        "143, PREEMPTED",
        "140, PREEMPTED",
        "2, CHECKPOINT_FAULT",
        "127, CHECKPOINT_FAULT",
        "1, ERROR_EXIT"
    })
    void goesByTheEnginesStatusWhenNobodyWroteAnother(int exitStatus, FailureCause cause) {
        assertThat(classify(OptionalInt.of(exitStatus), Optional.of(Values.status(StoreStatus.RUNNING))))
                .isEqualTo(cause);
    }

    @Test
    void takesATaskThatVanishedForLostWithItsNode() {
        assertThat(classify(OptionalInt.empty(), Optional.of(Values.status(StoreStatus.RUNNING))))
                .isEqualTo(FailureCause.NODE_LOST);
        assertThat(classify(OptionalInt.empty(), Optional.empty())).isEqualTo(FailureCause.NODE_LOST);
    }

    @Test
    void seesThatATaskWasAskedToEnd() {
        assertThat(classify(OptionalInt.of(143), Optional.of(Values.status(StoreStatus.STOPPED))))
                .isEqualTo(FailureCause.PREEMPTED);
        assertThat(classify(OptionalInt.empty(), Optional.of(Values.status(StoreStatus.STOPPED))))
                .isEqualTo(FailureCause.PREEMPTED);
    }

    @Test
    void seesThatTheCheckpointerDidNotStart() {
        assertThat(classify(OptionalInt.of(127), Optional.empty())).isEqualTo(FailureCause.CHECKPOINT_FAULT);
        assertThat(classify(OptionalInt.of(176), Optional.of(Values.status(StoreStatus.STOPPED))))
                .isEqualTo(FailureCause.CHECKPOINT_FAULT);
    }

    @ParameterizedTest
    @CsvSource({"stopped, 143", "running, 143", "running, 137", "ended, 143", "ended, 140"})
    void seesThatTheTimeWasOver(String state, int exitStatus) {
        var status = state.equals("ended") ? Values.ended(exitStatus) : Values.status(state);
        var limit = new Evidence(false, Optional.of(Duration.ofHours(1)), OptionalLong.empty(), "");

        assertThat(classify(exitStatus, status, TIMED_OUT, Optional.empty())).isEqualTo(FailureCause.WALLTIME);
        assertThat(classify(exitStatus, status, limit, Optional.of(Duration.ofMinutes(59))))
                .isEqualTo(FailureCause.WALLTIME);
        assertThat(classify(exitStatus, status, limit, Optional.of(Duration.ofMinutes(58))))
                .isNotEqualTo(FailureCause.WALLTIME);
    }

    @Test
    void aCommandThatHadJustEndedWasLate() {
        assertThat(classify(143, Values.ended(0), TIMED_OUT, Optional.empty())).isEqualTo(FailureCause.WALLTIME);
    }

    @Test
    void aCommandThatHadJustEndedMayHaveTakenItsStoreAlong() {
        assertThat(FailureClassifier.classify(OptionalInt.of(0), Optional.empty(), TIMED_OUT, Optional.empty()))
                .isEqualTo(FailureCause.WALLTIME);
        assertThat(FailureClassifier.classify(OptionalInt.of(0), Optional.empty(), Evidence.NONE, Optional.empty()))
                .isEqualTo(FailureCause.ERROR_EXIT);
    }

    @Test
    void aCommandThatFailedByItselfDidSoBeforeItsTimeWasOver() {
        assertThat(classify(1, Values.ended(1), TIMED_OUT, Optional.empty())).isEqualTo(FailureCause.ERROR_EXIT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "terminate called after throwing an instance of 'std::bad_alloc'",
                "MemoryError",
                "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 8.00 GiB",
                "Error: cannot allocate vector of size 1.2 Gb",
                "java.lang.OutOfMemoryError: Java heap space",
                "bash: fork: Cannot allocate memory",
                "slurmstepd: error: Detected 1 oom_kill event in StepId=7.batch. Some of the step tasks have been OOM Killed.",
                "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
            })
    void seesThatTheMemoryRanOut(String lastWords) {
        var evidence = new Evidence(false, Optional.empty(), OptionalLong.empty(), "line\n" + lastWords + "\n");

        for (int exitStatus : new int[] {1, 134, 137}) {
            assertThat(classify(exitStatus, Values.ended(exitStatus), evidence, Optional.empty()))
                    .isEqualTo(FailureCause.OUT_OF_MEMORY);
        }
        assertThat(classify(137, Values.status(StoreStatus.RUNNING), evidence, Optional.empty()))
                .isEqualTo(FailureCause.OUT_OF_MEMORY);
        assertThat(classify(143, Values.ended(143), evidence, Optional.empty())).isEqualTo(FailureCause.SIGNALLED);
    }

    @Test
    void believesTheKernelThatEndedAProcessForWantOfMemory() {
        var said = new Evidence(
                false, Optional.empty(), OptionalLong.empty(), ".command.sh: line 2: 12 Killed    sort | uniq\n");

        assertThat(classify(137, Values.withOomKills(Values.ended(137), 1), Evidence.NONE, Optional.empty()))
                .isEqualTo(FailureCause.OUT_OF_MEMORY);
        assertThat(classify(1, Values.withOomKills(Values.ended(1), 1), said, Optional.empty()))
                .isEqualTo(FailureCause.OUT_OF_MEMORY);
        assertThat(classify(1, Values.ended(1), said, Optional.empty())).isEqualTo(FailureCause.ERROR_EXIT);
    }

    @Test
    void doesNotTakeAnothersLackOfMemoryInTheSameGroupForItsOwn() {
        assertThat(classify(1, Values.withOomKills(Values.ended(1), 1), Evidence.NONE, Optional.empty()))
                .isEqualTo(FailureCause.ERROR_EXIT);
        assertThat(classify(143, Values.withOomKills(Values.ended(143), 1), Evidence.NONE, Optional.empty()))
                .isEqualTo(FailureCause.SIGNALLED);
    }

    private static FailureCause classify(
            int exitStatus, StoreStatus status, Evidence evidence, Optional<Duration> elapsed) {
        return FailureClassifier.classify(OptionalInt.of(exitStatus), Optional.of(status), evidence, elapsed);
    }

    private static FailureCause classify(OptionalInt exitStatus, Optional<StoreStatus> status) {
        return FailureClassifier.classify(exitStatus, status, Evidence.NONE, Optional.empty());
    }
}
