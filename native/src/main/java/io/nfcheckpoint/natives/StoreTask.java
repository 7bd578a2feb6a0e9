// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What runs in a store, as its {@code task.json} says.
 *
 * @param workdir the working directory as the tree sees it, for ever
 * @param attemptDir the directory that really stood there in the latest incarnation
 * @param incarnation 1 for the first start
 */
public record StoreTask(
        String id,
        List<String> argv,
        String workdir,
        String attemptDir,
        int incarnation,
        Map<String, String> labels,
        String host,
        Instant created) {

    public StoreTask {
        argv = argv == null ? List.of() : List.copyOf(argv);
        labels = labels == null ? Map.of() : Map.copyOf(labels);
    }
}
