// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.RetryDecision;
import io.nfcheckpoint.routes.RetryDecision.GiveUp;
import io.nfcheckpoint.routes.RetryDecision.RestartFrom;
import io.nfcheckpoint.routes.RetryDecision.RunFromStart;
import java.util.List;

/** What becomes of a failed attempt. Pure. */
final class RetryDecider {

    private RetryDecider() {}

    static RetryDecision decide(Failure failure) {
        if (failure.cause() == FailureCause.CHECKPOINT_FAULT) {
            return decideFault(failure);
        }
        if (!failure.cause().interrupted()) {
            return asTheEngine(failure, "it " + failure.description());
        }
        if (failure.restartsUsedUp()) {
            return new GiveUp("it was restarted %d times, and maxRestarts is %d"
                    .formatted(failure.restarts(), failure.policy().maxRestarts()));
        }
        return decideInterruption(failure);
    }

    /** A failure that is ours must not cost the user the run. */
    private static RetryDecision decideFault(Failure failure) {
        boolean again = failure.event().engineWouldRetry() || !failure.restartsUsedUp();
        return again ? new RunFromStart("it " + failure.description()) : new GiveUp("it " + failure.description());
    }

    private static RetryDecision decideInterruption(Failure failure) {
        var verifications = failure.verifications();
        var skipped = verifications.stream()
                .filter(result -> !result.isUsable())
                .map(result -> "generation %d: %s"
                        .formatted(result.generation(), result.refusal().orElse("unusable")))
                .toList();
        return verifications.stream()
                .filter(Verification::isUsable)
                .findFirst()
                .<RetryDecision>map(usable -> new RestartFrom(usable.generation(), skipped))
                .orElseGet(() -> asTheEngine(failure, skipped.isEmpty() ? noGeneration(failure) : none(skipped)));
    }

    private static String noGeneration(Failure failure) {
        return failure.status()
                .flatMap(StoreStatus::failure)
                .map(fault -> "it has no generation: " + fault.reason())
                .orElse("it has no generation yet");
    }

    private static String none(List<String> skipped) {
        return "no generation is usable: " + String.join("; ", skipped);
    }

    private static RetryDecision asTheEngine(Failure failure, String reason) {
        return failure.event().engineWouldRetry() ? new RunFromStart(reason) : new GiveUp(reason);
    }
}
