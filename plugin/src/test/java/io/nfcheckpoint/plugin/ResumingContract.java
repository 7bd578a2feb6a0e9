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
 * A run is killed with SIGKILL, some of its tasks with it and one not; the run that resumes it is ended with Ctrl-C; the
 * third one finishes.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class ResumingContract {

    private static final List<String> TASKS = List.of("OUTLIVES", "LOST", "LOST_ELSEWHERE", "UNCACHED");
    private static final List<String> KILLED = List.of("LOST", "LOST_ELSEWHERE", "UNCACHED");
    private static final int HELD_AT = 19;
    private static final String LINES =
            IntStream.rangeClosed(1, 40).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());

    private final String version;
    private final Map<String, LiveStore> stores = new HashMap<>();
    private final Map<String, String> tokens = new HashMap<>();
    private List<ProcessHandle> outlives;
    private List<ProcessHandle> stillAlive;
    private NextflowFolder folder;
    private int secondStatus;
    private String second;
    private int thirdStatus;
    private String third;

    ResumingContract(String version) {
        this.version = version;
    }

    @BeforeAll
    void runThreeTimes() throws Exception {
        folder = NextflowFolder.create("resuming", version);
        Path hold = Files.createFile(folder.path().resolve("hold"));
        try {
            killTheFirstRun();
            endTheSecondRunWithCtrlC();
        } finally {
            Files.delete(hold);
        }
        try (var run = folder.start("resuming", "third", "-resume", "-plugins", NextflowFolder.PLUGIN)) {
            thirdStatus = run.await();
            third = run.text();
        }
    }

    private void killTheFirstRun() throws Exception {
        try (var run = folder.start("resuming", "first", "-plugins", NextflowFolder.PLUGIN)) {
            for (String task : TASKS) {
                var store = LiveStore.of(task, folder.path().resolve("work"), run);
                store.awaitLines(HELD_AT);
                stores.put(task, store);
                tokens.put(task, Files.readString(store.attempt().resolve("token.txt")));
            }
            for (String task : KILLED) {
                stores.get(task).checkpoint();
            }
            outlives = stores.get("OUTLIVES").supervisorAndCommand();
            run.process().destroyForcibly().waitFor();
            for (String task : KILLED) {
                stores.get(task).kill();
            }
        }
        assertThat(outlives).as("what was not killed").hasSize(2).allMatch(ProcessHandle::isAlive);
        stores.get("LOST_ELSEWHERE").pretendOwner("a-host-that-is-gone");
    }

    private void endTheSecondRunWithCtrlC() throws Exception {
        try (var run = folder.startInTerminal("resuming", "second", "-resume", "-plugins", NextflowFolder.PLUGIN)) {
            for (String task : TASKS) {
                stores.get(task).awaitRestarts(1, run);
            }
            stillAlive = outlives.stream().filter(ProcessHandle::isAlive).toList();
            stores.get("OUTLIVES").kill();
            stores.get("OUTLIVES").awaitRestarts(2, run);
            run.typeCtrlC();
            secondStatus = run.await();
            second = run.text();
        }
    }

    @Test
    void anAttemptThatStillRunsIsTakenOverAndNeverDoubled() throws IOException {
        assertThat(stillAlive).as("alive beside its successor").isEmpty();
        assertContinued("OUTLIVES");
    }

    @Test
    void aRetryInTheResumedRunContinues() throws IOException {
        assertThat(second).containsPattern("OUTLIVES was killed.*: continues from generation 1, taken after ");
        assertThat(new AttemptTrace(folder.path().resolve("checkpoint-trace.tsv.1")).endings("OUTLIVES"))
                .containsExactly("killed 137 restart 1", "run-ended - resume 1");
    }

    @Test
    void whatWasLostWithTheRunContinues() throws IOException {
        assertContinued("LOST");
    }

    @Test
    void theLeaseOfAHostThatIsGoneHoldsNobodyUp() throws IOException {
        assertContinued("LOST_ELSEWHERE");
    }

    @Test
    void aTaskWhoseResultsAreNotCachedContinuesAllTheSame() throws IOException {
        assertContinued("UNCACHED");
    }

    @Test
    void ctrlCLeavesImagesOfAllTasks() throws IOException {
        assertThat(secondStatus).as(second).isNotZero();
        assertThat(second).contains("4 tasks were interrupted with the run; when it is resumed, they continue");
        for (String task : TASKS) {
            assertThat(ends("checkpoint-trace.tsv.1", task)).as(task).isEqualTo("run-ended - resume 1");
            assertThat(ends("checkpoint-trace.tsv", task)).as(task).isEqualTo("completed 0 - 2");
        }
    }

    @Test
    void theLastRunSucceedsAndLeavesNothingBehind() throws IOException {
        assertThat(thirdStatus).as(third).isZero();
        assertThat(third).containsPattern("4 tasks were restarted from a checkpoint \\(4 restarts\\), which saved ");
        for (var store : stores.values()) {
            assertThat(store.path()).doesNotExist();
        }
    }

    private String ends(String trace, String task) throws IOException {
        var endings = new AttemptTrace(folder.path().resolve(trace)).endings(task);
        return endings.get(endings.size() - 1);
    }

    /** All the lines once, by the very process that began. */
    private void assertContinued(String task) throws IOException {
        Path results = folder.path().resolve("results").resolve(task);
        assertThat(results.resolve("lines.txt")).hasContent(LINES);
        assertThat(results.resolve("token.txt")).hasContent(tokens.get(task));
    }
}
