// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.RetryDecision;
import java.util.OptionalInt;

/**
 * How an attempt ended and what followed, in words for programs.
 *
 * @param cause {@code completed}, or the id of a {@link FailureCause}
 * @param struck whether only an image taken in time helps against the cause
 * @param next {@code restart}, {@code from-start}, {@code engine} (it decides) or {@code -}
 */
record Ending(String cause, boolean struck, OptionalInt exitStatus, String next) {

    static final Ending COMPLETED = new Ending("completed", false, OptionalInt.of(0), "-");

    /** The next run may continue it. */
    static final Ending RUN_ENDED = new Ending(FailureCause.RUN_ENDED.id(), false, OptionalInt.empty(), "resume");

    static Ending of(Judgement judgement) {
        var failure = judgement.failure();
        return new Ending(
                failure.cause().id(), failure.cause().strikes(), failure.exitStatus(), next(judgement.decision()));
    }

    static String next(RetryDecision decision) {
        if (decision instanceof RetryDecision.RestartFrom) {
            return "restart";
        }
        return decision instanceof RetryDecision.RunFromStart ? "from-start" : "engine";
    }
}
