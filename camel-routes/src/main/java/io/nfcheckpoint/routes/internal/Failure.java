// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.TaskFailed;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything that is known about a failed attempt when it is decided upon.
 *
 * @param generations those in the store, newest first
 * @param verifications of the newest generations in turn, up to the first that is usable
 */
record Failure(
        TaskFailed event,
        CheckpointPolicy policy,
        Optional<StoreStatus> status,
        List<Integer> generations,
        List<Verification> verifications) {

    FailureCause cause() {
        return FailureClassifier.classify(event.exitStatus(), status);
    }

    int restarts() {
        int stored = status.map(s -> s.restarts().size()).orElse(0);
        return Math.max(stored, event.restartsSoFar());
    }

    boolean restartsUsedUp() {
        return restarts() >= policy.maxRestarts();
    }

    boolean worthVerifying() {
        return cause().interrupted() && !restartsUsedUp();
    }

    /** Generations that the task was restarted from before; a crash after that shows that it is in the image already. */
    Set<Integer> restartedFrom() {
        return status.stream()
                .flatMap(s -> s.restarts().stream())
                .map(StoreStatus.Restart::generation)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** For a person: what happened. */
    String description() {
        OptionalInt exitStatus = status.map(StoreStatus::exitStatus)
                .filter(OptionalInt::isPresent)
                .orElse(event.exitStatus());
        return exitStatus.isPresent()
                ? "%s (exit status %d)".formatted(cause().words(), exitStatus.getAsInt())
                : cause().words();
    }

    Failure with(List<Verification> results) {
        return new Failure(event, policy, status, generations, results);
    }
}
