// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.GenerationManifest;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.natives.StoreTask;
import io.nfcheckpoint.natives.StoreView;
import io.nfcheckpoint.natives.StoredGeneration;
import io.nfcheckpoint.routes.StoreLabels;
import io.nfcheckpoint.routes.StoresSweep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OrphanDeciderTest {

    private static final Instant SINCE = Instant.EPOCH.plusSeconds(60);

    /** Of this project; the runs "old" and "now" can be resumed. */
    private static final StoresSweep SWEEP = sweep(Set.of("old", "now"), Set.of(), Set.of("w1"));

    @Test
    void whatARunCouldContinueStays() {
        assertThat(why(store("old", "w2"), true, SWEEP)).isEmpty();
        assertThat(why(store("now", "w2"), true, SWEEP)).isEmpty();
    }

    @Test
    void whatALaterRunHasCompletedGoes() {
        assertThat(why(store("old", "w1"), true, SWEEP)).contains("a later run has completed its task");
    }

    @Test
    void whatARunHasBegunItselfIsNotOld() {
        var sweep =
                new StoresSweep(List.of(), "/here", Optional.of(Set.of("old")), Set.of(), Set.of("w1"), Instant.EPOCH);

        assertThat(why(store("old", "w1"), true, sweep)).isEmpty();
    }

    @Test
    void whatNobodyCanResumeGoes() {
        assertThat(why(store("cleaned", "w2"), true, SWEEP)).contains("its run cannot be resumed any more");
    }

    @Test
    void withoutAHistoryEveryRunMayBeResumed() {
        var sweep = new StoresSweep(List.of(), "/here", Optional.empty(), Set.of(), Set.of(), SINCE);

        assertThat(why(store("cleaned", "w2"), true, sweep)).isEmpty();
    }

    @Test
    void whatBelongsToALivingRunStays() {
        var sweep = sweep(Set.of("now"), Set.of("other"), Set.of("w1"));

        assertThat(why(store("other", "w1"), true, sweep)).isEmpty();
    }

    @Test
    void aTaskWhoseDirectoryIsGoneGoesWithIt() {
        assertThat(why(store("old", "w2"), false, SWEEP)).contains("the work directory of its task is gone");
        assertThat(why(store("now", "w2"), false, SWEEP)).contains("the work directory of its task is gone");
    }

    @Test
    void aSuccessThatNobodySawIsOne() {
        var ended = view(labels("/here", "old", "w2"), Values.ended(0), List.of());

        assertThat(why(ended, true, SWEEP)).contains("its task has completed");
        assertThat(why(view(labels("/here", "old", "w2"), Values.ended(1), List.of()), true, SWEEP))
                .isEmpty();
        assertThat(why(view(labels("/here", "old", "w2"), Values.ended(0), generations()), true, SWEEP))
                .isEmpty();
    }

    /** Paths are part of what Nextflow takes a task for: some of them it does not find again, and does anew. */
    @Test
    void whatAMovedProjectHasDoneOnceMoreGoes() {
        var moved = view(labels("/there", "old", "w1"), Values.status(StoreStatus.RUNNING), generations());
        var left = view(labels("/there", "old", "w2"), Values.status(StoreStatus.RUNNING), generations());
        var foreign = view(labels("/there", "foreign", "w1"), Values.status(StoreStatus.RUNNING), generations());
        var nothing = new OrphanDecider.Places(false, false);

        assertThat(OrphanDecider.whyUseless(moved, nothing, SWEEP)).contains("a later run has completed its task");
        assertThat(OrphanDecider.whyUseless(left, nothing, SWEEP)).isEmpty();
        assertThat(OrphanDecider.whyUseless(foreign, nothing, SWEEP)).isEmpty();
        assertThat(OrphanDecider.whyUseless(moved, new OrphanDecider.Places(true, true), SWEEP))
                .as("a copy of a project that is still there")
                .isEmpty();
    }

    @Test
    void whatOthersHaveMadeIsTheirs() {
        assertThat(why(view(labels("/there", "cleaned", "w1"), Values.ended(0), List.of()), false, SWEEP))
                .isEmpty();
        assertThat(why(view(Map.of(), Values.ended(0), List.of()), false, SWEEP))
                .isEmpty();
    }

    private static Optional<String> why(StoreView store, boolean hasDirectory, StoresSweep sweep) {
        return OrphanDecider.whyUseless(store, new OrphanDecider.Places(true, hasDirectory), sweep);
    }

    private static StoresSweep sweep(Set<String> resumable, Set<String> alive, Set<String> done) {
        return new StoresSweep(List.of(), "/here", Optional.of(resumable), alive, done, SINCE);
    }

    private static StoreView store(String run, String work) {
        return view(labels("/here", run, work), Values.status(StoreStatus.RUNNING), generations());
    }

    private static Map<String, String> labels(String project, String run, String work) {
        return Map.of(StoreLabels.PROJECT, project, StoreLabels.RUN, run, StoreLabels.WORK, work);
    }

    private static List<StoredGeneration> generations() {
        return List.of(new StoredGeneration(
                1, Optional.of(GenerationManifest.parse("{\"format\":1,\"generation\":1}")), Optional.empty()));
    }

    private static StoreView view(Map<String, String> labels, StoreStatus status, List<StoredGeneration> generations) {
        var task = new StoreTask("id", List.of("bash"), "/work", "/work", 1, labels, "node1", Instant.EPOCH);
        return new StoreView(Optional.of(task), Optional.of(status), generations);
    }
}
