// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Optional;
import nextflow.processor.TaskRun;

/** Why a task cannot be put under the checkpointer, in words that complete "because". */
final class Obstacles {

    private Obstacles() {}

    static Optional<String> of(TaskRun task) {
        Path directory = task.getWorkDir();
        if (directory.getFileSystem() != FileSystems.getDefault()) {
            return Optional.of("its work directory is no directory of this host");
        }
        if (task.isContainerEnabled()) {
            return Optional.of("it runs in a container");
        }
        if (hasLineBreak(directory)) {
            return Optional.of("there is a line break in a path");
        }
        return Optional.empty();
    }

    /** Whether the task works in a directory of its own on the node, which is gone when it has ended. */
    static boolean hasScratch(TaskRun task) {
        Object scratch = task.getScratch();
        return scratch != null && !"false".equals(scratch.toString());
    }

    private static boolean hasLineBreak(Path path) {
        return path.toString().chars().anyMatch(c -> c == '\n' || c == '\r');
    }
}
