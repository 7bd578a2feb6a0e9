// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.routes.TaskRef;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Gives each task that is under way a store of its own. Two tasks may compute the same thing at the same time: then they
 * have the same key, but cannot share a store. Thread-safe.
 */
final class LiveTasks {

    private record Live(Lineage lineage, Path directory) {}

    private final Map<String, Live> byKey = new HashMap<>();

    /**
     * A task starts its first attempt.
     *
     * <p>Some versions of Nextflow put two such tasks into one directory, where each overwrites what the other is about
     * to read. That goes well only while both write the same, so the second is made to start just like the first.
     *
     * @param key what the task computes; the store of the second such task is named {@code key-2}, and so on
     */
    synchronized Lineage begin(String key, String name, StoreRoot root, Path directory) {
        String free = key;
        for (int number = 2; byKey.containsKey(free); number++) {
            Live other = byKey.get(free);
            if (other.directory().equals(directory)) {
                return new Lineage(other.lineage().task(), false);
            }
            free = key + "-" + number;
        }
        var lineage = new Lineage(new TaskRef(free, name, root.store(free)), true);
        byKey.put(free, new Live(lineage, directory));
        return lineage;
    }

    /** The task is over: the next one like it may have its store. */
    synchronized void end(Lineage lineage) {
        byKey.computeIfPresent(lineage.task().id(), (key, live) -> live.lineage() == lineage ? null : live);
    }
}
