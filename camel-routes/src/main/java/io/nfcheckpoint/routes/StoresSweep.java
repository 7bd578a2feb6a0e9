// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Time to remove stores that nothing can continue any more. Only those of one project are looked at, and none in which a
 * task runs.
 *
 * @param roots the directories that stores lie in
 * @param project the value of {@link StoreLabels#PROJECT} of stores that may be removed
 * @param resumable runs that can be resumed, by {@link StoreLabels#RUN}; empty when that is not known
 * @param alive other runs that go on now; their stores stay even between two attempts of a task
 * @param done what the run has completed, by {@link StoreLabels#WORK}
 * @param since when the run began
 */
public record StoresSweep(
        List<Path> roots,
        String project,
        Optional<Set<String>> resumable,
        Set<String> alive,
        Set<String> done,
        Instant since) {

    public StoresSweep {
        roots = List.copyOf(roots);
        resumable = resumable.map(Set::copyOf);
        alive = Set.copyOf(alive);
        done = Set.copyOf(done);
    }
}
