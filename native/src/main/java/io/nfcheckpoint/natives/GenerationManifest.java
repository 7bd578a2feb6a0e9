// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A generation as its {@code manifest.json} describes it.
 *
 * @param generation from 1
 * @param cause {@code periodic}, {@code request}, {@code signal}, {@code time-limit} or {@code memory}
 * @param request the request that it answers
 * @param runTime how long the tree had run at the barrier, over all incarnations
 * @param pause how long the tree stood still
 * @param writeTime from the end of the pause to the last sync
 * @param workdir the working directory as the tree sees it
 * @param bytes sum of all file sizes
 */
public record GenerationManifest(
        @JsonProperty(required = true) int generation,
        Instant created,
        String cause,
        Optional<String> request,
        @JsonProperty("runSeconds") Duration runTime,
        @JsonProperty("pauseSeconds") Duration pause,
        @JsonProperty("writeSeconds") Duration writeTime,
        Host host,
        String workdir,
        long stdoutBytes,
        long stderrBytes,
        long bytes,
        List<TreeProcess> processes,
        List<StoredFile> files) {

    public GenerationManifest {
        processes = processes == null ? List.of() : List.copyOf(processes);
        files = files == null ? List.of() : List.copyOf(files);
    }

    /**
     * Reads the text of a {@code manifest.json}.
     *
     * @throws CheckpointException {@code DAMAGED} when it is none, or of a foreign format
     */
    public static GenerationManifest parse(String json) {
        return StoreJson.manifest(json);
    }

    /** Where the image was taken. */
    public record Host(String name, String machine, String kernel, long pageSize, String vdso) {}

    /** A process of the tree. */
    public record TreeProcess(int pid, String name, int threads, long residentBytes) {}

    /**
     * A file of the generation.
     *
     * @param xxh3 64-bit XXH3 of the whole file in lower-case hexadecimal
     */
    public record StoredFile(String name, long size, String xxh3) {}
}
