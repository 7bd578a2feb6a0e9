// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.GenerationManifest;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.natives.StoreView;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.RetryDecision;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.TaskRef;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What this run knows about its wrapped tasks: in memory, thread-safe, and bounded by the tasks that have not completed.
 */
final class TaskLedger {

    private static final class Entry {
        private final TaskRef task;
        private CheckpointPolicy policy;
        private Attempt attempt;
        private boolean inFlight;
        private boolean begunAgain;
        private OptionalLong memoryBefore = OptionalLong.empty();
        private Optional<Judgement> lastFailure = Optional.empty();

        /** Restarts that the store had when this run first saw it; they are not this run's. */
        private final int restartsBefore;

        private Entry(TaskRef task, int restartsBefore) {
            this.task = task;
            this.restartsBefore = restartsBefore;
        }
    }

    private final InstantSource clock;
    private final Map<String, Entry> entries = new HashMap<>();
    private final Map<Path, Entry> watched = new HashMap<>();
    private RunSummary sums = RunSummary.NOTHING;

    TaskLedger(InstantSource clock) {
        this.clock = clock;
    }

    synchronized Optional<Judgement> lastFailure(TaskRef task) {
        return entry(task).flatMap(entry -> entry.lastFailure);
    }

    synchronized boolean isInFlight(TaskRef task, int attempt) {
        var entry = entries.get(task.id());
        return entry != null && entry.inFlight && entry.attempt.number() >= attempt;
    }

    synchronized Optional<CheckpointPolicy> policy(TaskRef task) {
        return entry(task).map(entry -> entry.policy);
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
        entry.attempt = new Attempt(pending);
        entry.inFlight = true;
    }

    synchronized void started(TaskRef task) {
        var entry = entries.get(task.id());
        if (entry != null) {
            entry.attempt.started(clock.instant());
            watched.put(entry.task.store(), entry);
        }
    }

    /** The number and the directory of the latest attempt. */
    synchronized Optional<Attempt> attempt(TaskRef task) {
        return entry(task).map(entry -> entry.attempt);
    }

    /** What is to be remembered when an attempt has failed. */
    synchronized History history(TaskFailed event) {
        return entry(event.task())
                .map(entry -> new History(
                        entry.attempt.elapsed(clock.instant()),
                        entry.begunAgain,
                        isMore(event.evidence().memory(), entry.memoryBefore)))
                .orElse(History.NONE);
    }

    /** @return what is to be written down of the attempt, if it was one of ours */
    synchronized Optional<AttemptRow> failed(Judgement judgement, Optional<StoreView> view) {
        var event = judgement.failure().event();
        var entry = entries.get(event.task().id());
        if (entry == null || !entry.inFlight) {
            return Optional.empty();
        }
        entry.lastFailure = Optional.of(judgement);
        entry.memoryBefore = event.evidence().memory();
        entry.begunAgain |= judgement.decision() instanceof RetryDecision.RunFromStart
                && judgement.failure().verifications().stream().anyMatch(Verification::spent);
        entry.inFlight = false;
        unwatch(entry);
        return Optional.of(entry.attempt.ended(clock.instant(), Ending.of(judgement), view));
    }

    /** Forgets the task and keeps what it adds to the sums. */
    synchronized Optional<AttemptRow> completed(TaskRef task, Optional<StoreView> view, Ending ending) {
        var entry = entries.remove(task.id());
        if (entry == null) {
            return Optional.empty();
        }
        unwatch(entry);
        view.flatMap(StoreView::status).ifPresent(s -> addRestarts(entry, s));
        boolean isTold = entry.inFlight && (ending != Ending.RUN_ENDED || entry.attempt.hasBegun(view));
        return isTold ? Optional.of(entry.attempt.ended(clock.instant(), ending, view)) : Optional.empty();
    }

    /** The task whose store this is, while it runs. */
    synchronized Optional<TaskRef> watchedTask(Path store) {
        return Optional.ofNullable(watched.get(store)).map(entry -> entry.task);
    }

    /** @return the attempt that it is a new generation of */
    synchronized Optional<Attempt> noticed(Path store, GenerationManifest manifest) {
        sums = new RunSummary(
                sums.wrapped(), sums.generations() + 1, sums.restartedTasks(), sums.restarts(), sums.saved());
        return Optional.ofNullable(watched.get(store))
                .map(entry -> entry.attempt)
                .filter(attempt -> attempt.noticed(manifest));
    }

    /** @return what the attempt that uses the store could not begin with, if that is news */
    synchronized Optional<Refused> refused(Path store, StoreStatus status) {
        return Optional.ofNullable(watched.get(store)).flatMap(entry -> entry.attempt.refused(status));
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

    private Optional<Entry> entry(TaskRef task) {
        return Optional.ofNullable(entries.get(task.id()));
    }

    private static boolean isMore(OptionalLong memory, OptionalLong before) {
        return memory.isPresent() && before.isPresent() && memory.getAsLong() > before.getAsLong();
    }

    private void unwatch(Entry entry) {
        watched.remove(entry.task.store());
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
