// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A run is killed with SIGKILL, and all its tasks with it: what becomes of its images while others follow. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class OrphansContract {

    private final String version;

    private NextflowFolder folder;
    private Path stores;
    private LiveStore killed;
    private boolean killedIsLeftAlone;
    private int clean;
    private int status;
    private String text;

    OrphansContract(String version) {
        this.version = version;
    }

    @BeforeAll
    void runThreeTimes() throws Exception {
        folder = NextflowFolder.create("orphans", version);
        Path work = folder.path().resolve("work");
        stores = work.resolve(".nf-checkpoint/stores");
        try (var first = start("first", "a")) {
            killed = LiveStore.of("WAITS (a)", work, first);
            killed.checkpoint();
            first.process().destroyForcibly().waitFor();
            killed.kill();
        }

        Files.writeString(folder.path().resolve("go"), "1");
        try (var second = start("second", "b")) {
            second.await();
        }
        killedIsLeftAlone = Files.exists(killed.path().resolve("generations/000001/manifest.json"));

        try (var cleaning = folder.call("clean", "-f", "first")) {
            clean = cleaning.await();
        }
        Files.writeString(folder.path().resolve("go"), "0");
        try (var third = start("third", "b")) {
            status = third.await();
            text = third.text();
        }
    }

    private PipelineRun start(String name, String tag) throws IOException {
        return folder.start("orphans", name, "-plugins", NextflowFolder.PLUGIN, "-name", name, "--tag", tag);
    }

    @Test
    void theLastRunSucceeds() {
        assertThat(status).as(text).isZero();
        assertThat(clean).isZero();
    }

    @Test
    void whatCanBeResumedIsLeftAlone() {
        assertThat(killedIsLeftAlone).isTrue();
    }

    /** The first run's, which is cleaned away, before anything else; the second's when the third has done its task. */
    @Test
    void whatNothingCanContinueIsRemovedAndALineSaysSo() throws IOException {
        String removed = "Removed the checkpoints of 1 task that nothing can continue any more \\(.*B\\)\n";
        assertThat(text).containsPattern(removed + ".*Submitted process > WAITS \\(b\\)\n" + removed);
        assertThat(entries(stores)).containsExactlyInAnyOrder(".runs", ".failures.json", ".failures.json.lock");
        assertThat(entries(stores.resolve(".runs"))).isEmpty();
    }

    private static List<String> entries(Path folder) throws IOException {
        try (var all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).toList();
        }
    }
}
