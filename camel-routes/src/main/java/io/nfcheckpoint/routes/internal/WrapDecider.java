// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.Evidence;
import io.nfcheckpoint.routes.RetryDecision.RestartFrom;
import io.nfcheckpoint.routes.WrapDecision;
import io.nfcheckpoint.routes.WrapDecision.LeaveAlone;
import io.nfcheckpoint.routes.WrapDecision.Wrap;
import java.util.Optional;
import java.util.OptionalInt;

/** Whether and how an attempt runs under the checkpointer. Pure. */
final class WrapDecider {

    private WrapDecider() {}

    static WrapDecision decide(PendingTask pending) {
        var event = pending.event();
        if (!event.policy().enabled()) {
            return new LeaveAlone("checkpoints are switched off for it");
        }
        if (!event.wrappable()) {
            return new LeaveAlone("it is not a command that can be wrapped");
        }
        if (pending.inFlight()) {
            return new LeaveAlone("a task with the same id uses its store");
        }
        return pending.lastFailure()
                .map(last -> afterFailure(pending, last))
                .orElseGet(() -> new Wrap(Optional.empty(), failedByItself(pending), event.policy()));
    }

    private static WrapDecision afterFailure(PendingTask pending, Judgement last) {
        if (last.failure().cause() == FailureCause.CHECKPOINT_FAULT) {
            return new LeaveAlone("it " + last.failure().description());
        }
        var policy = pending.event().policy();
        return last.decision() instanceof RestartFrom restart
                ? new Wrap(Optional.of(restart.generation()), false, policy)
                : new Wrap(Optional.empty(), true, policy);
    }

    /** An earlier run saw it end in an error: whoever runs it again expects all of it to be done again. */
    private static boolean failedByItself(PendingTask pending) {
        return pending.status()
                .filter(status -> status.state().equals(StoreStatus.ENDED))
                .map(status -> FailureClassifier.classify(
                        OptionalInt.empty(), Optional.of(status), Evidence.NONE, Optional.empty()))
                .filter(cause -> !cause.interrupted())
                .isPresent();
    }
}
