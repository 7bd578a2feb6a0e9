// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import java.util.List;
import java.util.Optional;

/**
 * What the host that an attempt began on refused. Pure.
 *
 * @param refusals at least one, in the order in which they were tried
 * @param instead that it began with; empty: from the start
 */
record Refused(List<StoreStatus.Refusal> refusals, Optional<StoreStatus.Restart> instead) {

    /** As the status of a store says once its latest incarnation has begun, which it says no sooner. */
    static Optional<Refused> of(StoreStatus status) {
        if (status.refused().isEmpty()) {
            return Optional.empty();
        }
        var restart = status.restarts().stream()
                .filter(it -> !it.time().isBefore(status.started()))
                .reduce((earlier, later) -> later);
        return Optional.of(new Refused(status.refused(), restart));
    }

    /** In words that follow "could not continue from". Images are often refused for the same reason. */
    String description() {
        var words = new StringBuilder();
        for (int i = 0; i < refusals.size(); i++) {
            var refusal = refusals.get(i);
            words.append(i == 0 ? "" : " or ").append(image(refusal));
            if (i + 1 == refusals.size() || !refusals.get(i + 1).reason().equals(refusal.reason())) {
                words.append(": ").append(refusal.reason()).append(';');
            }
        }
        return words.toString();
    }

    private static String image(StoreStatus.Refusal refusal) {
        return refusal.generation() == 0 ? "an image" : "generation " + refusal.generation();
    }
}
