// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static io.nfcheckpoint.routes.internal.Values.ended;
import static io.nfcheckpoint.routes.internal.Values.failure;
import static io.nfcheckpoint.routes.internal.Values.status;
import static io.nfcheckpoint.routes.internal.Values.usable;
import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.Evidence;
import io.nfcheckpoint.routes.OnError;
import io.nfcheckpoint.routes.RetryDecision.GiveUp;
import io.nfcheckpoint.routes.RetryDecision.RestartFrom;
import io.nfcheckpoint.routes.RetryDecision.RunFromStart;
import io.nfcheckpoint.routes.TaskFailed;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryDeciderTest {

    private static final StoreStatus KILLED = status(StoreStatus.RUNNING);

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void restartsFromTheLatestGenerationWhateverTheEngineWouldDo(boolean engineWouldRetry) {
        assertThat(RetryDecider.decide(failure(KILLED, engineWouldRetry, usable(4))))
                .isEqualTo(new RestartFrom(4, List.of(), true));
    }

    @Test
    void restartsFromAnOlderGenerationAndSaysWhy() {
        var failure = failure(KILLED, false, Verification.refused(4, "checksum of '12.mem'"), usable(3));

        assertThat(RetryDecider.decide(failure))
                .isEqualTo(new RestartFrom(3, List.of("generation 4: checksum of '12.mem'"), true));
    }

    @Test
    void doesAsTheEngineWouldWithoutAGeneration() {
        assertThat(RetryDecider.decide(failure(KILLED, true)))
                .isEqualTo(new RunFromStart("it was lost with its node; it has no generation yet"));
        assertThat(RetryDecider.decide(failure(KILLED, false)))
                .isEqualTo(new GiveUp("it was lost with its node; it has no generation yet"));
        assertThat(RetryDecider.decide(failure(null, true)))
                .isEqualTo(new RunFromStart("it was lost with its node; it has no generation yet"));
    }

    @Test
    void aTaskThatWasAMomentLateIsNotGivenUp() {
        assertThat(RetryDecider.decide(late(143, Optional.of(ended(0)))))
                .isEqualTo(new RunFromStart("it had just ended when its time was over"));
        assertThat(RetryDecider.decide(late(0, Optional.empty())))
                .isEqualTo(new RunFromStart("it had just ended when its time was over"));
    }

    private static Failure late(int exitStatus, Optional<StoreStatus> status) {
        var timedOut = new Evidence(true, Optional.empty(), OptionalLong.empty(), "");
        return new Failure(
                new TaskFailed(Values.TASK, OptionalInt.of(exitStatus), false, 0, timedOut),
                Values.POLICY,
                status,
                History.NONE,
                List.of(),
                List.of());
    }

    @Test
    void saysWhyThereIsNoGeneration() {
        var status = Values.withFailure(KILLED, "process 12 (busybox) is statically linked");

        assertThat(RetryDecider.decide(failure(status, true)))
                .isEqualTo(new RunFromStart(
                        "it was lost with its node; it has no generation: process 12 (busybox) is statically linked"));
    }

    @Test
    void doesAsTheEngineWouldWhenAllGenerationsAreDamaged() {
        var refused = new Verification[] {Verification.refused(2, "cut short"), Verification.refused(1, "gone")};

        assertThat(RetryDecider.decide(failure(KILLED, true, refused)))
                .isEqualTo(
                        new RunFromStart(
                                "it was lost with its node; no generation is usable: generation 2: cut short; generation 1: gone"));
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
                .isEqualTo(new GiveUp("it was lost with its node; it was restarted 3 times, and maxRestarts is 3"));
    }

    @Test
    void countsRestartsThatTheStoreDoesNotKnow() {
        var event = new TaskFailed(Values.TASK, OptionalInt.of(137), false, 3);
        var failure =
                new Failure(event, Values.POLICY, Optional.of(KILLED), History.NONE, List.of(1), List.of(usable(1)));

        assertThat(RetryDecider.decide(failure)).isInstanceOf(GiveUp.class);
    }

    @Test
    void whatIsSettledIsOnlyWrittenDown() {
        var event = new TaskFailed(
                Values.TASK, OptionalInt.of(137), false, 0, Evidence.NONE, Optional.of("errorStrategy is ignore"));
        var failure =
                new Failure(event, Values.POLICY, Optional.of(KILLED), History.NONE, List.of(1), List.of(usable(1)));

        assertThat(failure.worthVerifying()).isFalse();
        assertThat(RetryDecider.decide(failure))
                .isInstanceOfSatisfying(
                        GiveUp.class, given -> assertThat(given.reason()).endsWith(", and errorStrategy is ignore"));
    }

    @Test
    void tellsWhyTheCheckpointerCouldNotBegin() {
        var words = "a file server is slow\nckpt: write '/stores/a1b2/lease': No space left on device\nbash: bye\n";
        var evidence = new Evidence(false, Optional.empty(), OptionalLong.empty(), words);
        var event = new TaskFailed(Values.TASK, OptionalInt.of(2), false, 0, evidence);
        var failure = new Failure(event, Values.POLICY, Optional.empty(), History.NONE, List.of(), List.of());

        assertThat(RetryDecider.decide(failure))
                .isEqualTo(new RunFromStart("it could not run under the checkpointer (exit status 2): write "
                        + "'/stores/a1b2/lease': No space left on device"));
    }

    @Test
    void makesUpForAFaultOfTheCheckpointer() {
        var event = new TaskFailed(Values.TASK, OptionalInt.of(127), false, 0);
        var failure = new Failure(event, Values.POLICY, Optional.empty(), History.NONE, List.of(), List.of());

        assertThat(RetryDecider.decide(failure))
                .isEqualTo(new RunFromStart("it could not run under the checkpointer (exit status 127)"));
    }

    @Test
    void aRestartThatTheTaskIsToBlameForCountsAsARetry() {
        assertThat(RetryDecider.decide(failure(ended(139), false, usable(1))))
                .isEqualTo(new RestartFrom(1, List.of(), false));
        assertThat(RetryDecider.decide(failure(status(StoreStatus.STOPPED), false, usable(1))))
                .isEqualTo(new RestartFrom(1, List.of(), true));
    }

    @Test
    void anImageIsSpentAfterOneFailureOfTheTasksOwnAndThreeFromOutside() {
        assertThat(failure(ended(139), false).isSpent(2)).isFalse();
        assertThat(failure(ended(139, 2), false).isSpent(2)).isTrue();
        assertThat(failure(ended(137, 2), false).isSpent(2)).isTrue();
        assertThat(failure(ended(137, 2), false).isSpent(1)).isFalse();
        assertThat(failure(status(StoreStatus.RUNNING, 2, 2), false).isSpent(2)).isFalse();
        assertThat(failure(status(StoreStatus.RUNNING, 2, 2, 2), false).isSpent(2))
                .isTrue();
    }

    @Test
    void moreMemoryIsAnotherChanceForTheSameImage() {
        var evidence = new Evidence(false, Optional.empty(), OptionalLong.of(8), "std::bad_alloc");
        var event = new TaskFailed(Values.TASK, OptionalInt.empty(), true, 0, evidence);
        var more = new History(Optional.empty(), false, true);

        assertThat(failureOf(event, ended(134, 2), History.NONE).isSpent(2)).isTrue();
        assertThat(failureOf(event, ended(134, 2), more).isSpent(2)).isFalse();
    }

    @Test
    void beginsAgainWhenTheTaskHasFailedFromEveryImageAndThenGivesUp() {
        var event = new TaskFailed(Values.TASK, OptionalInt.empty(), false, 0);
        var spent = new Verification[] {Verification.spent(2), Verification.spent(1)};

        var first = failureOf(event, ended(139, 2, 1), History.NONE, spent);
        assertThat(RetryDecider.decide(first)).isInstanceOf(RunFromStart.class);

        var again = failureOf(event, ended(139, 2, 1), new History(Optional.empty(), true, false), usable(3));
        assertThat(RetryDecider.decide(again))
                .isEqualTo(new GiveUp("it crashed (exit status 139) again after it had begun again"));
    }

    @Test
    void doesWithAnInterruptionWhatTheUserWants() {
        assertThat(RetryDecider.decide(withPolicy(OnError.RERUN, 0)))
                .isEqualTo(new RunFromStart("it was killed (exit status 137), and onError is rerun"));
        assertThat(RetryDecider.decide(withPolicy(OnError.RERUN, 3))).isInstanceOf(GiveUp.class);
        assertThat(RetryDecider.decide(withPolicy(OnError.IGNORE, 0)))
                .isEqualTo(new GiveUp("it was killed (exit status 137), and onError is ignore"));
        assertThat(withPolicy(OnError.RERUN, 0).worthVerifying()).isFalse();
    }

    private static Failure withPolicy(OnError onError, int restarts) {
        return new Failure(
                new TaskFailed(Values.TASK, OptionalInt.of(137), false, restarts),
                Values.POLICY.toBuilder().onError(onError).build(),
                Optional.of(KILLED),
                History.NONE,
                List.of(1),
                List.of(usable(1)));
    }

    private static Failure failureOf(
            TaskFailed event, StoreStatus status, History history, Verification... verifications) {
        return new Failure(event, Values.POLICY, Optional.of(status), history, List.of(), List.of(verifications));
    }
}
