// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.Natives;
import io.nfcheckpoint.natives.StoreFixture;
import io.nfcheckpoint.routes.CheckpointRoutes;
import io.nfcheckpoint.routes.Settings;
import io.nfcheckpoint.routes.StoreLabels;
import io.nfcheckpoint.routes.StoresSweep;
import io.nfcheckpoint.routes.StoresSwept;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoresSweepRouteTest {

    @TempDir
    Path root;

    @TempDir
    Path work;

    private LogCapture log;
    private CheckpointRoutes routes;

    @BeforeEach
    void start() {
        log = new LogCapture();
        routes = CheckpointRoutes.start(Natives.checkpointer(), Settings.of(root, LogCapture.LOGGER));
    }

    @AfterEach
    void stop() {
        routes.close();
        log.close();
    }

    @Test
    void whatOthersHaveClosedIsNoReasonNotToLookAtOurs() throws IOException {
        Path useless = store("cd/useless", "/here", "cleaned");
        Path closed = store("ab/closed", "/here", "cleaned").getParent();
        Path keeper = Files.createDirectories(root.resolve("ef/theirs"));
        Files.setPosixFilePermissions(closed, Set.of());
        try {
            if (Files.isReadable(closed)) {
                System.out.println("Nothing is closed to this user: what takes a closed folder is left out");
                return;
            }
            assertThat(sweep().stores()).isEqualTo(1);
            assertThat(useless).doesNotExist();
            assertThat(closed).isDirectory();
            assertThat(keeper).isDirectory();
        } finally {
            Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void whatIsOfNoUseIsRemovedAndTheRestStays() throws IOException {
        Path useless = store("ab/useless", "/here", "cleaned");
        Path resumable = store("ab/resumable", "/here", "old");
        Path others = store("cd/others", "/there", "cleaned");
        Files.createDirectories(root.resolve("ef"));

        StoresSwept swept = sweep();

        assertThat(swept.stores()).isEqualTo(1);
        assertThat(swept.bytes()).isGreaterThan(30_000);
        assertThat(useless).doesNotExist();
        assertThat(resumable).isDirectory();
        assertThat(others).isDirectory();
        assertThat(root.resolve("ef")).doesNotExist();
        assertThat(log.lines())
                .singleElement()
                .asString()
                .matches("INFO Removed the checkpoints of 1 task that nothing can continue any more \\(.* KiB\\)");
    }

    @Test
    void aSweepThatFindsNothingSaysNothing() throws IOException {
        store("ab/resumable", "/here", "old");

        assertThat(sweep()).isEqualTo(StoresSwept.NOTHING);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void whatIsInUseStays() throws Exception {
        Path used = store("ab/used", "/here", "cleaned");
        var holder =
                new ProcessBuilder("flock", used.resolve("lease").toString(), "sh", "-c", "echo held; cat").start();
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("held");
            assertThat(sweep()).isEqualTo(StoresSwept.NOTHING);
            assertThat(used.resolve("generations/000001/manifest.json")).exists();
        } finally {
            holder.getOutputStream().close();
            assertThat(holder.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aDamagedStoreKeepsNoOtherFromBeingLookedAt() throws IOException {
        Path damaged = store("ab/damaged", "/here", "cleaned");
        Files.writeString(damaged.resolve("task.json"), "{");
        store("ab/useless", "/here", "cleaned");

        assertThat(sweep().stores()).isEqualTo(1);
        assertThat(damaged).isDirectory();
    }

    private Path store(String path, String project, String run) throws IOException {
        var labels = Map.of(StoreLabels.PROJECT, project, StoreLabels.RUN, run, StoreLabels.DIRECTORY, work.toString());
        return StoreFixture.create(root.resolve(path))
                .labels(labels)
                .generation(1, 31.5)
                .store();
    }

    private StoresSwept sweep() {
        return routes.sweep(
                new StoresSweep(List.of(root), "/here", Optional.of(Set.of("old")), Set.of(), Set.of(), Instant.EPOCH));
    }
}
