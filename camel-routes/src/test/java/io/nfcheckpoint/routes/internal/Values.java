// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.GenerationManifest;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.Place;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.TaskPending;
import io.nfcheckpoint.routes.TaskRef;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Values for the tests of deciding classes. */
final class Values {

    static final TaskRef TASK = new TaskRef("a1b2", "ALIGN (1)", Path.of("/stores/a1b2"));
    static final CheckpointPolicy POLICY =
            CheckpointPolicy.DEFAULTS.toBuilder().maxRestarts(3).build();

    private Values() {}

    static TaskPending pending(CheckpointPolicy policy, boolean wrappable) {
        return new TaskPending(TASK, policy, wrappable, 1, Path.of("/work/1"), Place.UNKNOWN);
    }

    static StoreStatus status(String state, int... restartedFrom) {
        return status(state, OptionalInt.empty(), restartedFrom);
    }

    static StoreStatus ended(int exitStatus, int... restartedFrom) {
        return status(StoreStatus.ENDED, OptionalInt.of(exitStatus), restartedFrom);
    }

    static StoreStatus withFailure(StoreStatus status, String reason) {
        return with(status, Optional.of(new StoreStatus.Failure(Instant.EPOCH, reason)), status.oomKills());
    }

    static StoreStatus withOomKills(StoreStatus status, int kills) {
        return with(status, status.failure(), kills);
    }

    private static StoreStatus with(StoreStatus status, Optional<StoreStatus.Failure> failure, int oomKills) {
        return new StoreStatus(
                status.state(),
                status.host(),
                status.pid(),
                status.started(),
                status.generation(),
                status.restarts(),
                failure,
                status.warnings(),
                status.exitStatus(),
                oomKills,
                status.refused(),
                status.plan());
    }

    static Failure failure(StoreStatus status, boolean engineWouldRetry, Verification... verifications) {
        return new Failure(
                new TaskFailed(TASK, OptionalInt.empty(), engineWouldRetry, 0),
                POLICY,
                Optional.ofNullable(status),
                History.NONE,
                List.of(),
                List.of(verifications));
    }

    static Verification usable(int generation) {
        return Verification.usable(
                GenerationManifest.parse("{\"format\":1,\"generation\":%d,\"runSeconds\":90}".formatted(generation)));
    }

    private static StoreStatus status(String state, OptionalInt exitStatus, int... restartedFrom) {
        var restarts = IntStream.of(restartedFrom)
                .mapToObj(generation -> new StoreStatus.Restart(Instant.EPOCH, generation, Duration.ofSeconds(60)))
                .toList();
        return new StoreStatus(
                state,
                "node1",
                7,
                Instant.EPOCH,
                0,
                restarts,
                Optional.empty(),
                List.of(),
                exitStatus,
                0,
                List.of(),
                Optional.empty());
    }
}
