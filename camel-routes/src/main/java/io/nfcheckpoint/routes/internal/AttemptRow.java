// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.GenerationManifest;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.Place;
import io.nfcheckpoint.routes.TaskRef;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * A row of checkpoint-trace.tsv.
 *
 * @param place where it ran; no column
 * @param generations complete ones that were noticed
 * @param pause how long the task stood still for all of them together
 * @param bytes that they take together
 * @param unnoticed those of them that are seen only now, oldest first
 * @param restart with which the attempt began
 * @param refused what it was to begin with instead, unless that has been told; no column
 */
record AttemptRow(
        int attempt,
        Path directory,
        Place place,
        Optional<Instant> start,
        Instant end,
        Ending ending,
        int generations,
        Duration pause,
        long bytes,
        List<GenerationManifest> unnoticed,
        Optional<StoreStatus.Restart> restart,
        Optional<Refused> refused) {

    static final List<String> COLUMNS = List.of(
            "task",
            "attempt",
            "start",
            "end",
            "cause",
            "exit",
            "next",
            "generations",
            "pause_ms",
            "bytes",
            "restarted_from",
            "saved_ms",
            "directory",
            "id");

    /** What nobody knows is {@code -}, as in the engine's own trace. */
    List<String> values(TaskRef task) {
        return List.of(
                printable(task.name()),
                Integer.toString(attempt),
                start.map(AttemptRow::time).orElse("-"),
                time(end),
                ending.cause(),
                ending.exitStatus().isPresent()
                        ? Integer.toString(ending.exitStatus().getAsInt())
                        : "-",
                ending.next(),
                Integer.toString(generations),
                Long.toString(pause.toMillis()),
                Long.toString(bytes),
                restart.map(from -> Integer.toString(from.generation())).orElse("-"),
                Long.toString(saved().toMillis()),
                printable(directory.toString()),
                task.id());
    }

    Duration ran() {
        return start.map(began -> Duration.between(began, end)).orElse(Duration.ZERO);
    }

    Duration saved() {
        return restart.map(StoreStatus.Restart::runTime).orElse(Duration.ZERO);
    }

    static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", " ");
    }
}
