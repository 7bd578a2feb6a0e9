// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.natives.CheckpointException;
import io.nfcheckpoint.natives.Checkpointer;
import io.nfcheckpoint.natives.StoreStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import nextflow.executor.local.LocalExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for the end of a local attempt that ran into its time limit: Nextflow asks it to end and calls it failed at
 * once, while it is still being checkpointed for the last time.
 */
final class LocalEnd {

    private static final Logger LOG = LoggerFactory.getLogger(LocalEnd.class);
    private static final Duration LIMIT = Duration.ofSeconds(25);

    private LocalEnd() {}

    static void await(TaskAttempt attempt, Checkpointer checkpointer) {
        boolean isLocal = attempt.task().getProcessor().getExecutor() instanceof LocalExecutor;
        if (!isLocal || attempt.exitStatus().isPresent()) {
            return;
        }
        Path store = attempt.lineage().task().store();
        try {
            checkpointer
                    .inspect(store)
                    .status()
                    .filter(status -> status.state().equals(StoreStatus.RUNNING))
                    .flatMap(status -> ProcessHandle.of(status.pid()))
                    .ifPresent(LocalEnd::await);
        } catch (CheckpointException e) {
            LOG.debug("No attempt to wait for in '{}'", store, e);
        }
    }

    private static void await(ProcessHandle supervisor) {
        try {
            supervisor.onExit().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.debug("Process {} has not ended within {}", supervisor.pid(), LIMIT, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
