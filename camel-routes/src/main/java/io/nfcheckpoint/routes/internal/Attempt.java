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
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
        Optional<Instant> incarnation = view.flatMap(StoreView::status).map(StoreStatus::started);
        return start.isPresent() || incarnation.isPresent() && !incarnation.equals(incarnationBefore);
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
                view.flatMap(StoreView::status).map(StoreStatus::refused).orElse(List.of()));
    }
}
