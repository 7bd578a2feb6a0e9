// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * A task fails and ends the run, which is configured to finish what runs the first time, and to terminate it the second. In
 * both another task is killed while the run goes on, and under way when it ends; the third run completes it.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class EndingContract {

    private static final String CONTINUES = "WORKS was killed (exit status 137): continues from generation 1, ";
    private static final String INTERRUPTED =
            "1 task was interrupted with the run; when it is resumed, it continues from the latest image\n";
    private static final int HELD_AT = 19;
    private static final String LINES =
            IntStream.rangeClosed(1, 40).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());

    private final String version;

    private NextflowFolder folder;
    private Path hold;
    private Path fail;
    private String token;
    private Ended finished;
    private Ended terminated;
    private Ended last;

    private record Ended(int status, String text, AttemptTrace attempts) {}

    EndingContract(String version) {
        this.version = version;
    }

    @BeforeAll
    void runThreeTimes() throws Exception {
        folder = NextflowFolder.create("ending", version);
        hold = Files.createFile(folder.path().resolve("hold"));
        fail = folder.path().resolve("fail");
        try (var run = start("first", "--strategy", "finish")) {
            var store = store(run);
            store.awaitLines(HELD_AT);
            token = Files.readString(store.attempt().resolve("token.txt"));
            store.checkpoint();
            killAndFail(store, 1, run);
            Await.that(
                    "the run finishes",
                    () -> Optional.of(run.text()).filter(text -> text.contains("Finishing pending tasks")));
            store.kill();
            finished = ended(run);
        }
        try (var run = start("second", "-resume", "--strategy", "terminate")) {
            var store = store(run);
            store.awaitRestarts(2, run);
            killAndFail(store, 3, run);
            terminated = ended(run);
        }
        Files.delete(hold);
        try (var run = start("third", "-resume")) {
            last = ended(run);
        }
    }

    private PipelineRun start(String name, String... arguments) throws IOException {
        var words = new ArrayList<>(List.of("-plugins", NextflowFolder.PLUGIN));
        words.addAll(List.of(arguments));
        return folder.start("ending", name, words.toArray(String[]::new));
    }

    private LiveStore store(PipelineRun run) throws Exception {
        return LiveStore.of("WORKS", folder.path().resolve("work"), run);
    }

    private void killAndFail(LiveStore store, int restarts, PipelineRun run) throws Exception {
        store.kill();
        store.awaitRestarts(restarts, run);
        Files.createFile(fail);
    }

    private Ended ended(PipelineRun run) throws Exception {
        int status = run.await();
        Files.deleteIfExists(fail);
        return new Ended(status, run.text(), new AttemptTrace(folder.path().resolve("checkpoint-trace.tsv")));
    }

    @Test
    void aKilledTaskContinuesWhereAFailureIsToFinishTheRun() {
        assertThat(finished.text()).contains(CONTINUES);
    }

    @Test
    void aKilledTaskContinuesWhereAFailureIsToTerminateTheRun() {
        assertThat(terminated.text()).contains(CONTINUES);
    }

    @Test
    void aTaskThatFailsByItselfEndsTheRunAsConfigured() {
        assertThat(finished.status()).as(finished.text()).isEqualTo(1);
        assertThat(terminated.status()).as(terminated.text()).isEqualTo(1);
        assertThat(finished.attempts().endings("FAILS")).containsExactly("error-exit 3 engine -");
        assertThat(terminated.attempts().endings("FAILS")).containsExactly("error-exit 3 engine -");
    }

    @Test
    void whatIsKilledWhileTheRunFinishesIsLeftToTheNextOne() {
        assertThat(finished.attempts().endings("WORKS"))
                .containsExactly("killed 137 restart -", "run-ended - resume 1");
        assertThat(finished.text()).contains(INTERRUPTED);
    }

    @Test
    void whatRunsWhenTheRunIsTerminatedIsLeftToTheNextOne() {
        assertThat(terminated.attempts().endings("WORKS"))
                .containsExactly("killed 137 restart 1", "run-ended - resume 1");
        assertThat(terminated.text()).contains(INTERRUPTED);
    }

    /** From an image that it was asked for when the run ended: there was one only before. */
    @Test
    void theTaskIsCompletedByTheProcessThatBeganIt() throws IOException {
        assertThat(last.status()).as(last.text()).isZero();
        assertThat(folder.path().resolve("results/lines.txt")).hasContent(LINES);
        assertThat(folder.path().resolve("results/token.txt")).hasContent(token);
        assertThat(last.attempts().endings("WORKS")).singleElement().asString().matches("completed 0 - [23]");
    }

    @Test
    void theHandlersOfTheRunAreTold() throws IOException {
        assertThat(Files.readAllLines(folder.path().resolve("handlers.txt")))
                .isEqualTo(List.of(
                        "error, exit status 3",
                        "complete, success false",
                        "error, exit status 3",
                        "complete, success false",
                        "complete, success true"));
    }
}
