// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.OnError;
import io.nfcheckpoint.routes.TaskFailed;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Everything that is known about a failed attempt when it is decided upon.
 *
 * @param history of the task in this run
 * @param generations those in the store, newest first
 * @param verifications of the newest generations in turn, up to the first that is usable
 */
record Failure(
        TaskFailed event,
        CheckpointPolicy policy,
        Optional<StoreStatus> status,
        History history,
        List<Integer> generations,
        List<Verification> verifications) {

    /**
     * How often a task may fail from one image: a machine may go down more than once before the next checkpoint, but an
     * image from which a task fails again on its own account has what makes it fail.
     */
    private static final int FROM_OUTSIDE = 3;

    private static final int OF_ITS_OWN = 1;

    /** How each line begins that it writes to the standard error of a task. */
    private static final String CHECKPOINTER = "ckpt: ";

    FailureCause cause() {
        return FailureClassifier.classify(event.exitStatus(), status, event.evidence(), history.elapsed());
    }

    int restarts() {
        int stored = status.map(s -> s.restarts().size()).orElse(0);
        return Math.max(stored, event.restartsSoFar());
    }

    boolean restartsUsedUp() {
        return restarts() >= policy.maxRestarts();
    }

    boolean worthVerifying() {
        return event.settled().isEmpty()
                && cause().interrupted()
                && policy.onError() == OnError.RESTART
                && !restartsUsedUp();
    }

    /** Whether the task has failed from this generation so often that it should take another. */
    boolean isSpent(int generation) {
        long failures = status.stream()
                .flatMap(s -> s.restarts().stream())
                .filter(restart -> restart.generation() == generation)
                .count();
        return failures >= (benefitOfTheDoubt() ? FROM_OUTSIDE : OF_ITS_OWN);
    }

    /** With more memory than last time, the same image may well get further. */
    private boolean benefitOfTheDoubt() {
        return cause().infrastructure() || cause() == FailureCause.OUT_OF_MEMORY && history.hasMoreMemory();
    }

    /** That of the command where it is known, else the engine's. */
    OptionalInt exitStatus() {
        return status.map(StoreStatus::exitStatus)
                .filter(OptionalInt::isPresent)
                .orElse(event.exitStatus());
    }

    /** For a person: what happened. */
    String description() {
        String what = exitStatus().isPresent()
                ? "%s (exit status %d)".formatted(cause().words(), exitStatus().getAsInt())
                : cause().words();
        return cause() == FailureCause.CHECKPOINT_FAULT
                ? complaint().map(why -> what + ": " + why).orElse(what)
                : what;
    }

    /** Why the checkpointer could not begin: the last that it said. */
    private Optional<String> complaint() {
        return event.evidence()
                .lastWords()
                .lines()
                .filter(line -> line.startsWith(CHECKPOINTER))
                .reduce((earlier, later) -> later)
                .map(line -> line.substring(CHECKPOINTER.length()));
    }

    Failure with(List<Verification> results) {
        return new Failure(event, policy, status, history, generations, results);
    }
}
