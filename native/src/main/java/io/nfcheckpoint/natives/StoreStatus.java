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
 * @param oomKills processes of its control group that the kernel had ended for want of memory when the command ended
 * @param refused generations that the latest incarnation could not go on from; missing in what earlier versions wrote
 * @param plan when checkpoints are taken; missing in what earlier versions wrote
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
        OptionalInt exitStatus,
        int oomKills,
        List<Refusal> refused,
        Optional<Plan> plan) {

    /** It runs, or was killed together with its supervisor. */
    public static final String RUNNING = "running";

    /** The command ended by itself. */
    public static final String ENDED = "ended";

    /** The tree was ended after a final checkpoint. */
    public static final String STOPPED = "stopped";

    public StoreStatus {
        restarts = restarts == null ? List.of() : List.copyOf(restarts);
        warnings = warnings == null ? List.of() : List.copyOf(warnings);
        refused = refused == null ? List.of() : List.copyOf(refused);
    }

    /**
     * Reads the text of a {@code status.json}.
     *
     * @throws CheckpointException {@code DAMAGED} when it is none, or of a foreign format
     */
    public static StoreStatus parse(String json) {
        return StoreJson.status(json);
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

    /**
     * What is in force.
     *
     * @param interval zero for no periodic checkpoint
     * @param automatic whether it follows from the two others
     * @param timeBetweenFailures that is expected
     * @param cost of a checkpoint, pause and writing
     */
    public record Plan(
            @JsonProperty("intervalSeconds") Duration interval,
            @JsonProperty("auto") boolean automatic,
            @JsonProperty("mtbfSeconds") Duration timeBetweenFailures,
            @JsonProperty("costSeconds") Duration cost) {}

    /**
     * What the host that the incarnation began on said of a generation.
     *
     * @param generation 0: no restart was possible there at all
     */
    public record Refusal(int generation, String reason) {}

    /** A checkpoint that could not be taken. */
    public record Failure(Instant time, String reason) {}
}
