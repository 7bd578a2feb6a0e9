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
        if (failure.event().settled().isPresent()) {
            return new GiveUp("it %s, and %s"
                    .formatted(failure.description(), failure.event().settled().get()));
        }
        if (failure.cause() == FailureCause.CHECKPOINT_FAULT) {
            return decideFault(failure);
        }
        if (!failure.cause().interrupted()) {
            return asTheEngine(failure, "it " + failure.description());
        }
        return switch (failure.policy().onError()) {
            case IGNORE -> new GiveUp("it %s, and onError is ignore".formatted(failure.description()));
            case RERUN -> rerun(failure, "it %s, and onError is rerun".formatted(failure.description()));
            case RESTART -> decideInterruption(failure);
        };
    }

    /** A failure that is ours must not cost the user the run. */
    private static RetryDecision decideFault(Failure failure) {
        return rerun(failure, "it " + failure.description());
    }

    private static RetryDecision rerun(Failure failure, String reason) {
        boolean again = failure.event().engineWouldRetry() || !failure.restartsUsedUp();
        return again ? new RunFromStart(reason) : new GiveUp(reason);
    }

    private static RetryDecision decideInterruption(Failure failure) {
        if (failure.restartsUsedUp()) {
            return new GiveUp("it %s; it was restarted %d times, and maxRestarts is %d"
                    .formatted(
                            failure.description(),
                            failure.restarts(),
                            failure.policy().maxRestarts()));
        }
        if (failure.history().begunAgain() && !failure.cause().infrastructure()) {
            return asTheEngine(failure, "it %s again after it had begun again".formatted(failure.description()));
        }
        var verifications = failure.verifications();
        var skipped = verifications.stream()
                .filter(result -> !result.isUsable())
                .map(result -> "generation %d: %s"
                        .formatted(result.generation(), result.refusal().orElse("unusable")))
                .toList();
        return verifications.stream()
                .filter(Verification::isUsable)
                .findFirst()
                .<RetryDecision>map(usable -> new RestartFrom(
                        usable.generation(), skipped, failure.cause().infrastructure()))
                .orElseGet(() -> withoutImage(failure, skipped));
    }

    private static RetryDecision withoutImage(Failure failure, List<String> skipped) {
        if (failure.cause() == FailureCause.WALLTIME && failure.exitStatus().orElse(1) == 0) {
            return rerun(failure, "it had just ended when its time was over");
        }
        String reason =
                "it %s; %s".formatted(failure.description(), skipped.isEmpty() ? noGeneration(failure) : none(skipped));
        boolean allSpent = failure.verifications().stream().anyMatch(Verification::spent);
        if (allSpent && !failure.history().begunAgain()) {
            return new RunFromStart(reason);
        }
        return asTheEngine(failure, reason);
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
