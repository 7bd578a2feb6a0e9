// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import io.nfcheckpoint.natives.Checkpointer;
import io.nfcheckpoint.routes.internal.CamelCheckpointRoutes;

/**
 * The policy of one run. Thread-safe, and nothing here throws because of a store, the checkpointer or a route: then the
 * answer is the one that leaves the engine to itself, and the log has the reason.
 *
 * <p>Only tasks for which {@link #pending} answered {@link WrapDecision.Wrap} are reported to the other methods.
 */
public interface CheckpointRoutes extends AutoCloseable {

    /**
     * Starts the routes; takes a few tenths of a second.
     *
     * @throws UnusableRoutesException when routes of the user cannot be used
     * @throws IllegalStateException when they cannot be started
     */
    static CheckpointRoutes start(Checkpointer checkpointer, Settings settings) {
        return CamelCheckpointRoutes.start(checkpointer, settings);
    }

    /** Reads at most a few small files, no image. */
    WrapDecision pending(TaskPending event);

    void started(TaskStarted event);

    /** Reads the generation that it names in whole, to verify it. */
    RetryDecision failed(TaskFailed event);

    /** Removes the task's store. */
    void completed(TaskCompleted event);

    /** Removes stores that nothing can continue any more; returns when they are gone. */
    StoresSwept sweep(StoresSweep event);

    /** Logs what the restarts saved, once. */
    RunSummary ending();

    /**
     * Stops the routes; returns when nothing runs any more. Routes of the user are given some seconds for what they have been
     * told of and have not done yet.
     */
    @Override
    void close();
}
