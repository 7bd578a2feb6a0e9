// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.GenerationManifest;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.natives.StoreView;
import io.nfcheckpoint.routes.Place;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What is known of one attempt while it is under way. Guarded by the ledger. */
final class Attempt {

    private final int number;
    private final Path directory;
    private final Place place;

    /** What the store had before, which is not this attempt's. */
    private final int generationsBefore;

    private final int restartsBefore;
    private final Optional<Instant> incarnationBefore;
    private final Map<Integer, GenerationManifest> generations = new HashMap<>();

    /** Incarnations of which it has been told what their hosts refused: a job that is started again has several. */
    private final Set<Instant> told = new HashSet<>();

    private Optional<Instant> start = Optional.empty();

    Attempt(PendingTask pending) {
        number = pending.event().attempt();
        directory = pending.event().directory();
        place = pending.event().place();
        generationsBefore = pending.status().map(StoreStatus::generation).orElse(0);
        restartsBefore =
                pending.status().map(status -> status.restarts().size()).orElse(0);
        incarnationBefore = pending.status().map(StoreStatus::started);
    }

    int number() {
        return number;
    }

    Path directory() {
        return directory;
    }

    void started(Instant now) {
        if (start.isEmpty()) {
            start = Optional.of(now);
        }
    }

    Optional<Duration> elapsed(Instant now) {
        return start.map(begin -> Duration.between(begin, now));
    }

    /** Whether the command has begun: an engine may learn of that later, or it still waits in a queue. */
    boolean hasBegun(Optional<StoreView> view) {
        return start.isPresent()
                || view.flatMap(StoreView::status).filter(this::isOurs).isPresent();
    }

    private boolean isOurs(StoreStatus status) {
        return !Optional.ofNullable(status.started()).equals(incarnationBefore);
    }

    /** What is to be told of how it began: each time the same status comes, but once. */
    Optional<Refused> refused(StoreStatus status) {
        return Optional.of(status)
                .filter(this::isOurs)
                .flatMap(Refused::of)
                .filter(refused -> told.add(status.started()));
    }

    /** @return whether it is of this attempt and was not noticed before */
    boolean noticed(GenerationManifest manifest) {
        return manifest.generation() > generationsBefore && generations.put(manifest.generation(), manifest) == null;
    }

    /** @param view what the store says at the end; generations that came and went unseen are missing */
    AttemptRow ended(Instant now, Ending ending, Optional<StoreView> view) {
        var unnoticed = view.stream()
                .flatMap(store -> store.generations().stream())
                .flatMap(generation -> generation.manifest().stream())
                .filter(this::noticed)
                .sorted(Comparator.comparing(GenerationManifest::generation))
                .toList();
        var restart = view.flatMap(StoreView::status).stream()
                .flatMap(status -> status.restarts().stream().skip(restartsBefore))
                .reduce((earlier, later) -> later);
        return new AttemptRow(
                number,
                directory,
                place,
                start,
                now,
                ending,
                generations.size(),
                generations.values().stream()
                        .map(GenerationManifest::pause)
                        .filter(pause -> pause != null)
                        .reduce(Duration.ZERO, Duration::plus),
                generations.values().stream()
                        .mapToLong(GenerationManifest::bytes)
                        .sum(),
                unnoticed,
                restart,
                view.flatMap(StoreView::status).flatMap(this::refused));
    }
}
