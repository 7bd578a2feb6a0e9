// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.RetryDecision;

/** A failure and what becomes of it. */
record Judgement(Failure failure, RetryDecision decision) {

    static Judgement of(Failure failure) {
        return new Judgement(failure, RetryDecider.decide(failure));
    }

    boolean restartsFromLatest() {
        return decision instanceof RetryDecision.RestartFrom restart
                && restart.skipped().isEmpty();
    }

    boolean restartsFromOlder() {
        return decision instanceof RetryDecision.RestartFrom restart
                && !restart.skipped().isEmpty();
    }

    boolean runsFromStart() {
        return decision instanceof RetryDecision.RunFromStart;
    }
}
