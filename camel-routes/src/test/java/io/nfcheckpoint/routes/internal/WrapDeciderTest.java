// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static io.nfcheckpoint.routes.internal.Values.POLICY;
import static io.nfcheckpoint.routes.internal.Values.ended;
import static io.nfcheckpoint.routes.internal.Values.failure;
import static io.nfcheckpoint.routes.internal.Values.pending;
import static io.nfcheckpoint.routes.internal.Values.status;
import static io.nfcheckpoint.routes.internal.Values.usable;
import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.WrapDecision;
import io.nfcheckpoint.routes.WrapDecision.LeaveAlone;
import io.nfcheckpoint.routes.WrapDecision.Wrap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class WrapDeciderTest {

    private static final WrapDecision FROM_LATEST = new Wrap(Optional.empty(), false, POLICY);
    private static final WrapDecision ANEW = new Wrap(Optional.empty(), true, POLICY);

    @Test
    void wrapsANewTask() {
        assertThat(decide(null, null)).isEqualTo(FROM_LATEST);
    }

    @Test
    void continuesWhatAnEarlierRunLeft() {
        assertThat(decide(status(StoreStatus.RUNNING), null)).isEqualTo(FROM_LATEST);
        assertThat(decide(status(StoreStatus.STOPPED), null)).isEqualTo(FROM_LATEST);
        assertThat(decide(ended(137), null)).isEqualTo(FROM_LATEST);
    }

    @Test
    void startsAnewWhatEndedInAnErrorInAnEarlierRun() {
        assertThat(decide(ended(1), null)).isEqualTo(ANEW);
    }

    @Test
    void restartsFromTheGenerationThatWasDecidedUpon() {
        var judgement = Judgement.of(failure(status(StoreStatus.RUNNING), false, usable(5)));

        assertThat(decide(status(StoreStatus.RUNNING), judgement)).isEqualTo(new Wrap(Optional.of(5), false, POLICY));
    }

    @Test
    void startsAnewWhenThatWasDecided() {
        var judgement = Judgement.of(failure(status(StoreStatus.RUNNING), true, Verification.refused(5, "damaged")));

        assertThat(decide(status(StoreStatus.RUNNING), judgement)).isEqualTo(ANEW);
    }

    @Test
    void leavesATaskAloneThatCouldNotRunUnderTheCheckpointer() {
        var event = new TaskFailed(Values.TASK, OptionalInt.of(127), true, 0);
        var judgement = Judgement.of(new Failure(event, POLICY, Optional.empty(), History.NONE, List.of(), List.of()));

        assertThat(decide(null, judgement)).isInstanceOf(LeaveAlone.class);
    }

    @Test
    void leavesAloneWhatIsSwitchedOffOrCannotBeWrapped() {
        var off = CheckpointPolicy.builder().enabled(false).build();

        assertThat(WrapDecider.decide(new PendingTask(pending(off, true), Optional.empty(), Optional.empty(), false)))
                .isEqualTo(new LeaveAlone("checkpoints are switched off for it"));
        assertThat(WrapDecider.decide(
                        new PendingTask(pending(POLICY, false), Optional.empty(), Optional.empty(), false)))
                .isEqualTo(new LeaveAlone("it is not a command that can be wrapped"));
    }

    @Test
    void leavesTheTwinOfARunningTaskAlone() {
        assertThat(WrapDecider.decide(new PendingTask(pending(POLICY, true), Optional.empty(), Optional.empty(), true)))
                .isEqualTo(new LeaveAlone("a task with the same id uses its store"));
    }

    private static WrapDecision decide(StoreStatus status, Judgement lastFailure) {
        return WrapDecider.decide(new PendingTask(
                pending(POLICY, true), Optional.ofNullable(status), Optional.ofNullable(lastFailure), false));
    }
}
