// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.Natives;
import io.nfcheckpoint.natives.StoreFixture;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.CheckpointRoutes;
import io.nfcheckpoint.routes.Place;
import io.nfcheckpoint.routes.RetryDecision;
import io.nfcheckpoint.routes.Settings;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.TaskPending;
import io.nfcheckpoint.routes.TaskRef;
import io.nfcheckpoint.routes.TaskStarted;
import io.nfcheckpoint.routes.WrapDecision;
import io.nfcheckpoint.routes.WrapDecision.Wrap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The engine is played by the test; stores are on disk, and the real library reads them. */
abstract class PlayedEngine {

    private static final Place PLACE = new Place("slurm", "long");

    @TempDir
    Path root;

    CheckpointPolicy policy;
    Path trace;
    Path rates;
    TaskRef task;
    LogCapture log;
    CheckpointRoutes routes;

    @BeforeEach
    void start() {
        policy = CheckpointPolicy.builder().storeRoot(root).maxRestarts(3).build();
        task = new TaskRef("a1b2", "ALIGN (1)", root.resolve("a1b2"));
        log = new LogCapture();
        trace = root.resolveSibling(root.getFileName() + ".tsv");
        rates = root.resolveSibling(root.getFileName() + ".json");
        routes = CheckpointRoutes.start(
                Natives.checkpointer(),
                Settings.of(root, LogCapture.LOGGER)
                        .withTrace(trace)
                        .withFailureRates(rates)
                        .withPoll(Duration.ofMillis(20)));
    }

    @AfterEach
    void stop() throws IOException {
        routes.close();
        log.close();
        Files.deleteIfExists(trace);
        Files.deleteIfExists(rates);
        Files.deleteIfExists(root.resolveSibling(rates.getFileName() + ".lock"));
    }

    StoreFixture runUntilKilled() throws IOException {
        assertThat(pending(1)).isEqualTo(new Wrap(Optional.empty(), false, policy));
        routes.started(new TaskStarted(task));
        return StoreFixture.create(task.store());
    }

    WrapDecision pending(int attempt) {
        return routes.pending(new TaskPending(task, policy, true, attempt, root.resolve("work/" + attempt), PLACE));
    }

    RetryDecision failed(int exitStatus, boolean engineWouldRetry) {
        return routes.failed(new TaskFailed(task, OptionalInt.of(exitStatus), engineWouldRetry, 0));
    }
}
