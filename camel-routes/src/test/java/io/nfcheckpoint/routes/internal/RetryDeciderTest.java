// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static io.nfcheckpoint.routes.internal.Values.ended;
import static io.nfcheckpoint.routes.internal.Values.failure;
import static io.nfcheckpoint.routes.internal.Values.status;
import static io.nfcheckpoint.routes.internal.Values.usable;
import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.RetryDecision.GiveUp;
import io.nfcheckpoint.routes.RetryDecision.RestartFrom;
import io.nfcheckpoint.routes.RetryDecision.RunFromStart;
import io.nfcheckpoint.routes.TaskFailed;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryDeciderTest {

    private static final StoreStatus KILLED = status(StoreStatus.RUNNING);

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void restartsFromTheLatestGenerationWhateverTheEngineWouldDo(boolean engineWouldRetry) {
        assertThat(RetryDecider.decide(failure(KILLED, engineWouldRetry, usable(4))))
                .isEqualTo(new RestartFrom(4, List.of()));
    }

    @Test
    void restartsFromAnOlderGenerationAndSaysWhy() {
        var failure = failure(KILLED, false, Verification.refused(4, "checksum of '12.mem'"), usable(3));

        assertThat(RetryDecider.decide(failure))
                .isEqualTo(new RestartFrom(3, List.of("generation 4: checksum of '12.mem'")));
    }

    @Test
    void doesAsTheEngineWouldWithoutAGeneration() {
        assertThat(RetryDecider.decide(failure(KILLED, true))).isEqualTo(new RunFromStart("it has no generation yet"));
        assertThat(RetryDecider.decide(failure(KILLED, false))).isEqualTo(new GiveUp("it has no generation yet"));
        assertThat(RetryDecider.decide(failure(null, true))).isEqualTo(new RunFromStart("it has no generation yet"));
    }

    @Test
    void saysWhyThereIsNoGeneration() {
        var status = Values.withFailure(KILLED, "process 12 (busybox) is statically linked");

        assertThat(RetryDecider.decide(failure(status, true)))
                .isEqualTo(new RunFromStart("it has no generation: process 12 (busybox) is statically linked"));
    }

    @Test
    void doesAsTheEngineWouldWhenAllGenerationsAreDamaged() {
        var refused = new Verification[] {Verification.refused(2, "cut short"), Verification.refused(1, "gone")};

        assertThat(RetryDecider.decide(failure(KILLED, true, refused)))
                .isEqualTo(new RunFromStart("no generation is usable: generation 2: cut short; generation 1: gone"));
        assertThat(RetryDecider.decide(failure(KILLED, false, refused))).isInstanceOf(GiveUp.class);
    }

    @Test
    void leavesAnErrorOfTheCommandToTheEngine() {
        assertThat(RetryDecider.decide(failure(ended(3), false, usable(1))))
                .isEqualTo(new GiveUp("it ended by itself (exit status 3)"));
        assertThat(RetryDecider.decide(failure(ended(3), true, usable(1))))
                .isEqualTo(new RunFromStart("it ended by itself (exit status 3)"));
    }

    @Test
    void stopsRestartingAtTheLimit() {
        assertThat(RetryDecider.decide(failure(status(StoreStatus.RUNNING, 1, 1), false, usable(1))))
                .isInstanceOf(RestartFrom.class);
        assertThat(RetryDecider.decide(failure(status(StoreStatus.RUNNING, 1, 1, 1), true, usable(1))))
                .isEqualTo(new GiveUp("it was restarted 3 times, and maxRestarts is 3"));
    }

    @Test
    void countsRestartsThatTheStoreDoesNotKnow() {
        var event = new TaskFailed(Values.TASK, OptionalInt.of(137), false, 3);
        var failure = new Failure(event, Values.POLICY, Optional.of(KILLED), List.of(1), List.of(usable(1)));

        assertThat(RetryDecider.decide(failure)).isInstanceOf(GiveUp.class);
    }

    @Test
    void makesUpForAFaultOfTheCheckpointer() {
        var event = new TaskFailed(Values.TASK, OptionalInt.of(127), false, 0);
        var failure = new Failure(event, Values.POLICY, Optional.empty(), List.of(), List.of());

        assertThat(RetryDecider.decide(failure))
                .isEqualTo(new RunFromStart("it could not run under the checkpointer (exit status 127)"));
    }
}
