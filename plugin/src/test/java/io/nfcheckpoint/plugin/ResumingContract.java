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
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * A run is killed with SIGKILL, some of its tasks with it and one not; the run that resumes it is ended with Ctrl-C; the
 * third one finishes, perhaps in another place.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class ResumingContract {

    private static final List<String> TASKS = List.of("OUTLIVES", "LOST", "LOST_ELSEWHERE", "UNCACHED", "WITH_INPUT");
    private static final List<String> KILLED = List.of("LOST", "LOST_ELSEWHERE", "UNCACHED", "WITH_INPUT");
    /** From an image that Ctrl-C has left: SIGINT and SIGTERM may each have led to one. */
    private static final String CONTINUED = "completed 0 - [23]";

    private static final int HELD_AT = 19;
    private static final String LINES =
            IntStream.rangeClosed(1, 40).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());

    private final String version;
    private final boolean isMoved;
    private Path hold;
    private final Map<String, LiveStore> stores = new HashMap<>();
    private final Map<String, String> tokens = new HashMap<>();
    private List<ProcessHandle> outlives;
    private List<ProcessHandle> stillAlive;
    private NextflowFolder folder;
    private int secondStatus;
    private String second;
    private int thirdStatus;
    private String third;

    /** @param isMoved whether the project lies elsewhere when the third run begins */
    ResumingContract(String version, boolean isMoved) {
        this.version = version;
        this.isMoved = isMoved;
    }

    @BeforeAll
    void runThreeTimes() throws Exception {
        folder = NextflowFolder.create("resuming", version);
        Files.writeString(folder.path().resolve("input.txt"), "line\n");
        // Outside of the project: its path is part of the tasks' scripts.
        hold = Files.createTempFile("nf-checkpoint-hold-", "");
        try {
            killTheFirstRun();
            endTheSecondRunWithCtrlC();
        } finally {
            Files.delete(hold);
        }
        if (isMoved) {
            folder = folder.moved();
        }
        try (var run = folder.start("resuming", "third", arguments("-resume"))) {
            thirdStatus = run.await();
            third = run.text();
        }
    }

    private String[] arguments(String... more) {
        return Stream.concat(Stream.of(more), Stream.of("-plugins", NextflowFolder.PLUGIN, "--hold", hold.toString()))
                .toArray(String[]::new);
    }

    private void killTheFirstRun() throws Exception {
        try (var run = folder.start("resuming", "first", arguments())) {
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
        try (var run = folder.startInTerminal("resuming", "second", arguments("-resume"))) {
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
        assertThat(second).contains("5 tasks were interrupted with the run; when it is resumed, they continue");
        for (String task : TASKS) {
            assertThat(ends("checkpoint-trace.tsv.1", task)).as(task).isEqualTo("run-ended - resume 1");
        }
        for (String task : List.of("OUTLIVES", "LOST", "LOST_ELSEWHERE", "UNCACHED")) {
            assertThat(ends("checkpoint-trace.tsv", task)).as(task).matches(CONTINUED);
        }
    }

    /** The path of an input is part of what Nextflow takes a task for. */
    @Test
    void aTaskWithAnInputContinuesUnlessThatIsElsewhere() throws IOException {
        if (isMoved) {
            assertThat(lines("WITH_INPUT")).isEqualTo(LINES);
            assertThat(ends("checkpoint-trace.tsv", "WITH_INPUT")).isEqualTo("completed 0 - -");
            assertThat(third).contains("Removed the checkpoints of 1 task that nothing can continue any more");
        } else {
            assertContinued("WITH_INPUT");
            assertThat(ends("checkpoint-trace.tsv", "WITH_INPUT")).matches(CONTINUED);
        }
    }

    @Test
    void theLastRunSucceedsAndLeavesNothingBehind() throws IOException {
        assertThat(thirdStatus).as(third).isZero();
        int restarts = isMoved ? 4 : 5;
        assertThat(third)
                .contains(
                        "%d tasks were restarted from a checkpoint (%1$d restarts), which saved ".formatted(restarts));
        try (var left = Files.walk(folder.path().resolve("work/.nf-checkpoint/stores"))) {
            assertThat(left.filter(path -> path.endsWith("task.json"))).isEmpty();
        }
    }

    private String ends(String trace, String task) throws IOException {
        var endings = new AttemptTrace(folder.path().resolve(trace)).endings(task);
        return endings.get(endings.size() - 1);
    }

    /** All the lines once, by the very process that began. */
    private void assertContinued(String task) throws IOException {
        assertThat(lines(task)).isEqualTo(LINES);
        assertThat(result(task, "token.txt")).isEqualTo(tokens.get(task));
    }

    private String lines(String task) throws IOException {
        return result(task, "lines.txt");
    }

    private String result(String task, String file) throws IOException {
        return Files.readString(folder.path().resolve("results").resolve(task).resolve(file));
    }
}
