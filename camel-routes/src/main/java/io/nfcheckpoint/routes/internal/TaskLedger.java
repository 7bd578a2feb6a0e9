// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.TaskRef;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What this run knows about its wrapped tasks: in memory, thread-safe, and bounded by the tasks that have not completed.
 */
final class TaskLedger {

    private static final class Entry {
        private final TaskRef task;
        private CheckpointPolicy policy;
        private int attempt;
        private boolean inFlight;
        private boolean watched;
        private Optional<Judgement> lastFailure = Optional.empty();

        /** Restarts that the store had when this run first saw it; they are not this run's. */
        private final int restartsBefore;

        private Entry(TaskRef task, int restartsBefore) {
            this.task = task;
            this.restartsBefore = restartsBefore;
        }
    }

    private final Map<String, Entry> entries = new HashMap<>();
    private final Map<Path, Entry> watched = new HashMap<>();
    private RunSummary sums = RunSummary.NOTHING;

    synchronized Optional<Judgement> lastFailure(TaskRef task) {
        return Optional.ofNullable(entries.get(task.id())).flatMap(entry -> entry.lastFailure);
    }

    synchronized boolean isInFlight(TaskRef task, int attempt) {
        var entry = entries.get(task.id());
        return entry != null && entry.inFlight && entry.attempt >= attempt;
    }

    synchronized Optional<CheckpointPolicy> policy(TaskRef task) {
        return Optional.ofNullable(entries.get(task.id())).map(entry -> entry.policy);
    }

    synchronized void wrapped(PendingTask pending) {
        var task = pending.event().task();
        var entry = entries.computeIfAbsent(task.id(), id -> {
            sums = new RunSummary(
                    sums.wrapped() + 1, sums.generations(), sums.restartedTasks(), sums.restarts(), sums.saved());
            return new Entry(
                    task, pending.status().map(s -> s.restarts().size()).orElse(0));
        });
        entry.policy = pending.event().policy();
        entry.attempt = pending.event().attempt();
        entry.inFlight = true;
    }

    synchronized void started(TaskRef task) {
        var entry = entries.get(task.id());
        if (entry != null && !entry.watched) {
            entry.watched = true;
            watched.put(entry.task.store(), entry);
        }
    }

    synchronized void failed(Judgement judgement) {
        var entry = entries.get(judgement.failure().event().task().id());
        if (entry != null) {
            entry.lastFailure = Optional.of(judgement);
            entry.inFlight = false;
            unwatch(entry);
        }
    }

    /** Forgets the task and keeps what it adds to the sums. */
    synchronized void completed(TaskRef task, Optional<StoreStatus> status) {
        var entry = entries.remove(task.id());
        if (entry != null) {
            unwatch(entry);
            status.ifPresent(s -> addRestarts(entry, s));
        }
    }

    synchronized void noticedGeneration() {
        sums = new RunSummary(
                sums.wrapped(), sums.generations() + 1, sums.restartedTasks(), sums.restarts(), sums.saved());
    }

    /** The name of the task whose store this is, while it runs. */
    synchronized Optional<String> watchedTask(Path store) {
        return Optional.ofNullable(watched.get(store)).map(entry -> entry.task.name());
    }

    synchronized boolean isAboveWatchedStore(Path directory) {
        return watched.keySet().stream().anyMatch(store -> store.startsWith(directory));
    }

    synchronized List<TaskRef> uncompleted() {
        return entries.values().stream().map(entry -> entry.task).toList();
    }

    synchronized RunSummary summary() {
        return sums;
    }

    private void unwatch(Entry entry) {
        watched.remove(entry.task.store());
        entry.watched = false;
    }

    private void addRestarts(Entry entry, StoreStatus status) {
        var restarts = status.restarts().stream().skip(entry.restartsBefore).toList();
        if (restarts.isEmpty()) {
            return;
        }
        var saved = restarts.stream().map(StoreStatus.Restart::runTime).reduce(sums.saved(), Duration::plus);
        sums = new RunSummary(
                sums.wrapped(),
                sums.generations(),
                sums.restartedTasks() + 1,
                sums.restarts() + restarts.size(),
                saved);
    }
}
