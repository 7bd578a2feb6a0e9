// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How the task of a store goes, as its {@code status.json} says.
 *
 * @param state {@link #RUNNING}, {@link #ENDED} or {@link #STOPPED}
 * @param pid the supervisor
 * @param generation the latest complete one, 0 for none
 * @param failure why the last checkpoint that failed did so
 * @param exitStatus of the command, once it has ended
 */
public record StoreStatus(
        String state,
        String host,
        int pid,
        Instant started,
        int generation,
        List<Restart> restarts,
        Optional<Failure> failure,
        List<String> warnings,
        OptionalInt exitStatus) {

    /** It runs, or was killed together with its supervisor. */
    public static final String RUNNING = "running";

    /** The command ended by itself. */
    public static final String ENDED = "ended";

    /** The tree was ended after a final checkpoint. */
    public static final String STOPPED = "stopped";

    public StoreStatus {
        restarts = restarts == null ? List.of() : List.copyOf(restarts);
        warnings = warnings == null ? List.of() : List.copyOf(warnings);
    }

    /**
     * A restart that took place.
     *
     * @param runTime what the tree had run at the barrier of that generation, and so did not have to run again
     */
    public record Restart(
            Instant time,
            int generation,
            @JsonProperty("runSeconds") Duration runTime) {}

    /** A checkpoint that could not be taken. */
    public record Failure(Instant time, String reason) {}
}
