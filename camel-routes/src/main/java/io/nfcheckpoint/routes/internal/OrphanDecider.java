// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.natives.StoreView;
import io.nfcheckpoint.routes.StoreLabels;
import io.nfcheckpoint.routes.StoresSweep;
import java.util.Map;
import java.util.Optional;

/** Whether a store can still be of use to anybody. */
final class OrphanDecider {

    private OrphanDecider() {}

    /**
     * What is still where the store says.
     *
     * @param project the project's directory
     * @param attempt the directory of the latest attempt
     */
    record Places(boolean project, boolean attempt) {}

    /** @return why the store is of no use; empty when it stays */
    static Optional<String> whyUseless(StoreView store, Places places, StoresSweep sweep) {
        Map<String, String> labels = store.task().map(task -> task.labels()).orElse(Map.of());
        String run = labels.getOrDefault(StoreLabels.RUN, "");
        boolean isOurs = sweep.project().equals(labels.get(StoreLabels.PROJECT));
        if (!isOurs && !hasMovedHere(run, places, sweep)) {
            return Optional.empty();
        }
        if (hasCompleted(store)) {
            return Optional.of("its task has completed");
        }
        if (isOurs && !places.attempt()) {
            return Optional.of("the work directory of its task is gone");
        }
        if (sweep.alive().contains(run)) {
            return Optional.empty();
        }
        if (sweep.resumable().isPresent() && !sweep.resumable().get().contains(run)) {
            return Optional.of("its run cannot be resumed any more");
        }
        if (sweep.done().contains(labels.getOrDefault(StoreLabels.WORK, "")) && isOlder(store, sweep)) {
            return Optional.of("a later run has completed its task");
        }
        return Optional.empty();
    }

    /** The whole project was moved: its history came along, and there is nothing in its old place. */
    private static boolean hasMovedHere(String run, Places places, StoresSweep sweep) {
        return !places.project()
                && sweep.resumable().filter(runs -> runs.contains(run)).isPresent();
    }

    /** After a success the checkpointer itself has removed the images, whoever was there to see it. */
    private static boolean hasCompleted(StoreView store) {
        return store.generations().isEmpty()
                && store.status()
                        .filter(status -> status.state().equals(StoreStatus.ENDED))
                        .filter(status -> status.exitStatus().orElse(-1) == 0)
                        .isPresent();
    }

    private static boolean isOlder(StoreView store, StoresSweep sweep) {
        return store.status()
                .map(StoreStatus::started)
                .filter(started -> started.isBefore(sweep.since()))
                .isPresent();
    }
}
