// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * Nextflow and its tasks run where nobody gets a mount namespace: killed tasks go on in the directories of the attempts
 * before, and Nextflow finds what they make in those of their retries.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class OldDirectoryContract {

    private static final List<String> KILLED = List.of("CONTINUES", "SCRATCH_CONTINUES");
    private static final int HELD_AT = 19;

    private final String version;
    private final Map<String, String> tokens = new HashMap<>();
    private final Map<String, Path> firstDirectories = new HashMap<>();
    private PipelineRun first;
    private PipelineRun resumed;
    private int status;
    private Trace trace;
    private AttemptTrace attempts;
    private Path results;

    OldDirectoryContract(String version) {
        this.version = version;
    }

    @BeforeAll
    void killTasksThenResume() throws Exception {
        var folder = NextflowFolder.create("old-directory", version).withoutMountNamespaces();
        results = folder.path().resolve("results");
        Files.writeString(folder.path().resolve("input.txt"), "input\n");
        Path hold = Files.createFile(folder.path().resolve("hold"));
        try (var run =
                folder.start("old-directory", "first", "-with-trace", "trace.txt", "-plugins", NextflowFolder.PLUGIN)) {
            first = run;
            for (String task : KILLED) {
                var store = LiveStore.of(task, folder.path().resolve("work"), run);
                store.awaitLines(HELD_AT);
                store.checkpoint();
                firstDirectories.put(task, store.attempt());
                tokens.put(task, Files.readString(store.attempt().resolve("token.txt")));
                store.kill();
                store.awaitRestarts(1, run);
            }
            Files.delete(hold);
            status = run.await();
        }
        trace = new Trace(folder.path().resolve("trace.txt"));
        attempts = new AttemptTrace(folder.path().resolve("checkpoint-trace.tsv"));
        try (var run = folder.start("old-directory", "resumed", "-resume", "-plugins", NextflowFolder.PLUGIN)) {
            resumed = run;
            assertThat(run.await()).as(run.text()).isZero();
        }
    }

    @Test
    void theRunSucceeds() throws IOException {
        assertThat(status).as(first.text()).isZero();
        assertThat(first.text()).contains("2 tasks were restarted from a checkpoint (2 restarts), which saved ");
    }

    @Test
    void killedTasksContinue() throws IOException {
        for (String task : KILLED) {
            assertThat(result(task, "lines.txt")).as(task).isEqualTo(counted("line"));
            assertThat(result(task, "token.txt")).as(task).isEqualTo(tokens.get(task));
            assertThat(attempts.endings(task)).as(task).containsExactly("killed 137 restart -", "completed 0 - 1");
        }
    }

    @Test
    void theyDoSoInTheirOldDirectories() throws IOException {
        for (String task : KILLED) {
            assertThat(result(task, "folder/where.txt")).isEqualTo(firstDirectories.get(task) + "\n");
            assertThat(trace.read(task, ".command.err"))
                    .containsOnlyOnce(
                            "ckpt: warning: the task goes on in its old directory '" + firstDirectories.get(task));
        }
    }

    @Test
    void theirFilesAreMovedToTheNewOnes() throws IOException {
        Path old = firstDirectories.get("CONTINUES");
        Path now = trace.directory("CONTINUES");
        assertThat(now).isNotEqualTo(old);
        assertThat(names(now)).contains("lines.txt", "token.txt", "folder", "input.txt", ".command.sh", ".exitcode");
        assertThat(names(old)).contains(".command.sh", ".exitcode").doesNotContain("lines.txt", "token.txt", "folder");
        assertThat(Files.readString(old.resolve(".exitcode"))).isEqualTo("137");
        assertThat(Files.readString(now.resolve(".exitcode"))).isEqualTo("0");
        assertThat(firstDirectories.get("SCRATCH_CONTINUES")).doesNotExist();
    }

    @Test
    void otherTasksReadThem() throws IOException {
        assertThat(result("READS", "copies.txt")).isEqualTo("input\ninput\n");
        assertThat(result("", "said.txt")).isEqualTo(counted("said") + counted("said"));
    }

    @Test
    void aRunThatIsResumedReusesThem() throws IOException {
        assertThat(resumed.tasks("Cached")).containsExactly("CONTINUES", "READS", "SCRATCH_CONTINUES");
        assertThat(resumed.tasks("Submitted")).isEmpty();
    }

    private static String counted(String word) {
        return IntStream.rangeClosed(1, 40).mapToObj(i -> word + " " + i + "\n").collect(Collectors.joining());
    }

    private String result(String task, String file) throws IOException {
        return Files.readString(results.resolve(task).resolve(file));
    }

    private static List<String> names(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
