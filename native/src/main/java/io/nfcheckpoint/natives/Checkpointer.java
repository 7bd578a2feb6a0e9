// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.nio.file.Path;
import java.time.Duration;

/** What the checkpointer tells about a host and about stores. Thread-safe; keeps no state. */
public interface Checkpointer {

    /** What this host can do. */
    HostCheck check();

    /**
     * Reads a generation in whole and compares it with its checksums.
     *
     * @param generation 0 for the latest that has a manifest
     * @throws CheckpointException {@code NOT_FOUND} when there is none, {@code DAMAGED} when it must not be used
     */
    GenerationManifest verify(Path store, int generation);

    /**
     * Reads what a store says about itself, no image.
     *
     * @throws CheckpointException {@code NOT_FOUND} when there is no store
     */
    StoreView inspect(Path store);

    /**
     * Asks the live incarnation for a checkpoint and waits until it is complete.
     *
     * @return the generation
     * @throws CheckpointException {@code FAILED} when it could not be taken within {@code timeout}
     */
    int request(Path store, Duration timeout);

    /**
     * Removes a store in which no task runs.
     *
     * @return the bytes that it took on disk
     * @throws CheckpointException {@code NOT_FOUND} when there is no store, {@code BUSY} when a task runs there
     */
    long remove(Path store);
}
