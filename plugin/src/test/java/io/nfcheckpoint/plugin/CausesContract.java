// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Each task of a run fails in a way of its own, for real: what is said, written down and done about it. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class CausesContract {

    private static final int HELD_AT = 19;
    private static final String LINES =
            IntStream.rangeClosed(1, 40).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());

    /** More memory than there is, under a limit or in a group. */
    private static final String EAT = "perl -e '$x = q(x) x 1_000_000_000'";

    private static final String LIMITED = "(ulimit -v 300000; exec %s) %%s || exit 1".formatted(EAT);
    private static final String KILL_ONE = "sh -c 'kill -KILL $$'";

    private final String version;
    private final Map<String, LiveStore> stores = new HashMap<>();
    private final Map<String, String> tokens = new HashMap<>();
    private Optional<MemoryGroup> group;
    private Path results;
    private Path faults;
    private String refusal;
    private String complaint;
    private int status;
    private String text;
    private Trace trace;
    private AttemptTrace attempts;
    private NextflowFolder folder;

    CausesContract(String version) {
        this.version = version;
    }

    @BeforeAll
    void letTasksFail() throws Exception {
        folder = NextflowFolder.create("causes", version);
        results = folder.path().resolve("results");
        faults = Files.createDirectory(folder.path().resolve("faults"));
        Path hold = Files.createFile(folder.path().resolve("hold"));
        group = MemoryGroup.create("nf-checkpoint-causes-" + version, 100 << 20);
        try (var run = folder.start("causes", "run", arguments())) {
            try {
                failAll(run);
            } finally {
                Files.delete(hold);
            }
            status = run.await();
            text = run.text();
        } finally {
            if (group.isPresent()) {
                group.get().remove();
            }
        }
        trace = new Trace(folder.path().resolve("trace.txt"));
        attempts = new AttemptTrace(folder.path().resolve("checkpoint-trace.tsv"));
    }

    private String[] arguments() {
        var words = new ArrayList<>(List.of("-plugins", NextflowFolder.PLUGIN));
        words.addAll(List.of("-with-trace", "trace.txt", "-with-report", "report.html"));
        words.addAll(List.of("-with-timeline", "timeline.html"));
        group.ifPresent(it -> words.addAll(List.of("--group", it.members().toString())));
        return words.toArray(String[]::new);
    }

    private void failAll(PipelineRun run) throws Exception {
        var tasks = new ArrayList<>(List.of("OUT_OF_MEMORY", "OUT_OF_MEMORY_IN_SILENCE", "SEGFAULT", "ERROR"));
        tasks.addAll(List.of("ONE_OF_A_PIPE", "KILLED_THRICE", "CLOSURE", "MORE_EACH_TIME", "TOO_LARGE", "STORED"));
        group.ifPresent(it -> tasks.add("KILLED_BY_KERNEL"));
        for (String task : tasks) {
            var store = LiveStore.of(task, folder.path().resolve("work"), run);
            store.awaitLines(HELD_AT);
            store.checkpoint();
            stores.put(task, store);
            tokens.put(task, Files.readString(store.attempt().resolve("token.txt")));
        }
        refuseALargeImage(run);
        fault("OUT_OF_MEMORY", LIMITED.formatted(""));
        fault("OUT_OF_MEMORY_IN_SILENCE", LIMITED.formatted("2> /dev/null"));
        fault("SEGFAULT", "perl -e 'print unpack(q(p), pack(q(J), 8))'");
        fault("ERROR", "exit 1");
        fault("MORE_EACH_TIME", KILL_ONE);
        fault("CLOSURE", KILL_ONE);
        if (group.isPresent()) {
            fault(
                    "KILLED_BY_KERNEL",
                    "sh -c 'echo 0 > %s && exec \"$@\"' - %s"
                            .formatted(group.get().members(), EAT));
        }
        stores.get("ONE_OF_A_PIPE").kill("sed");
        stores.get("STORED").kill();
        stores.get("TOO_LARGE").kill();
        for (int times = 1; times <= 3; times++) {
            stores.get("KILLED_THRICE").kill();
            stores.get("KILLED_THRICE").awaitRestarts(times, run);
        }
        fault("KILLED_THRICE", "exit 3");
        stores.get("CLOSURE").awaitRestarts(1, run);
        fault("CLOSURE", "exit 7");
        awaitFaults();
    }

    private void refuseALargeImage(PipelineRun run) throws Exception {
        var store = stores.get("TOO_LARGE");
        fault("TOO_LARGE", "ballast=$(head -c 30000000 /dev/zero | tr '\\0' x); touch ballast");
        Path ballast = store.attempt().resolve("ballast");
        Await.that("ballast", () -> Files.exists(ballast) ? Optional.of(ballast) : Optional.empty());
        refusal = store.refusedCheckpoint();
        complaint = awaitWords(
                "the task says so", () -> Files.readString(store.attempt().resolve(".command.err")));
        awaitWords("the run says so", run::text);
    }

    private static String awaitWords(String what, Callable<String> text) throws Exception {
        return Await.that(what, () -> Optional.of(text.call()).filter(words -> words.contains("no checkpoint: ")));
    }

    private void fault(String task, String command) throws IOException {
        Path unfinished = Files.writeString(folder.path().resolve("fault"), command + "\n");
        Files.move(unfinished, faults.resolve(task));
    }

    private void awaitFaults() throws Exception {
        Await.that("all faults", () -> {
            try (var left = Files.list(faults)) {
                return left.findAny().isEmpty() ? Optional.of(faults) : Optional.empty();
            }
        });
    }

    @Test
    void theRunSucceeds() {
        assertThat(status).as(text).isZero();
    }

    @Test
    void aTaskThatSaysItIsOutOfMemoryContinues() throws IOException {
        assertContinued("OUT_OF_MEMORY", "ran out of memory (exit status 1)", "out-of-memory 1 restart -");
    }

    @Test
    void oneThatDoesNotSayItHasEndedByItself() throws IOException {
        assertBegunAgain("OUT_OF_MEMORY_IN_SILENCE", "ended by itself (exit status 1)", "error-exit 1 from-start -");
    }

    @Test
    void aTaskOfWhichTheKernelKillsAProcessForItsMemoryContinues() throws IOException {
        assumeThat(group).as("a control group with a memory limit").isPresent();
        assertThat(lines("KILLED_BY_KERNEL")).isEqualTo(LINES);
        assertThat(results.resolve("KILLED_BY_KERNEL/token.txt")).hasContent(tokens.get("KILLED_BY_KERNEL"));
        // An image that is taken because memory runs out may be too late, and is then passed over.
        assertThat(text)
                .containsPattern(
                        "KILLED_BY_KERNEL ran out of memory \\(exit status 137\\): continues from generation [12], ");
        assertThat(attempts.endings("KILLED_BY_KERNEL"))
                .startsWith("out-of-memory 137 restart -")
                .last()
                .asString()
                .matches("completed 0 - [12]");
    }

    @Test
    void aTaskThatCrashesContinues() throws IOException {
        assertContinued("SEGFAULT", "crashed (exit status 139)", "crashed 139 restart -");
    }

    @Test
    void aTaskThatEndsWithAnErrorBeginsAgainIfTheUserWantsARetry() throws IOException {
        assertBegunAgain("ERROR", "ended by itself (exit status 1)", "error-exit 1 from-start -");
    }

    @Test
    void aPipeOfWhichOneToolIsKilledContinues() throws IOException {
        assertContinued("ONE_OF_A_PIPE", "was ended by a signal (exit status 137)", "signalled 137 restart -");
    }

    @Test
    void failuresThatATaskCannotHelpLeaveItTheRetryOfItsOwnError() throws IOException {
        assertThat(lines("KILLED_THRICE")).isEqualTo(LINES);
        assertThat(attempts.endings("KILLED_THRICE"))
                .containsExactly(
                        "killed 137 restart -",
                        "killed 137 restart 1",
                        "killed 137 restart 1",
                        "error-exit 3 from-start 1",
                        "completed 0 - -");
        assertThat(text).contains("KILLED_THRICE starts again: it ended by itself (exit status 3)\n");
    }

    @Test
    void aClosureDecidesByTheExitStatus() {
        assertThat(attempts.endings("CLOSURE")).containsExactly("signalled 137 restart -", "error-exit 7 engine 1");
        assertThat(text)
                .contains("CLOSURE was ended by a signal (exit status 137): continues from generation 1, ")
                .contains("Process `CLOSURE` terminated with an error exit status (7) -- Error is ignored");
        assertThat(results.resolve("CLOSURE")).doesNotExist();
    }

    @Test
    void aClosureDecidesByTheNumberOfTheAttempt() {
        assertThat(attempts.endings("THIRD_TIME_IGNORED"))
                .containsExactly("error-exit 3 from-start -", "error-exit 3 from-start -", "error-exit 3 engine -");
    }

    @Test
    void aRetryWithMoreMemoryAndTimeContinues() throws IOException {
        assertContinued("MORE_EACH_TIME", "was ended by a signal (exit status 137)", "signalled 137 restart -");
        assertThat(trace.value("MORE_EACH_TIME", "memory")).isEqualTo(Long.toString(200L << 20));
        assertThat(trace.value("MORE_EACH_TIME", "time")).isEqualTo("7200000");
        assertThat(results.resolve("MORE_EACH_TIME/memory.txt")).hasContent("100 MB");
    }

    @Test
    void anImageAboveTheLimitIsNotKeptAndTheOneBeforeServes() throws IOException {
        assertThat(refusal)
                .containsPattern("no checkpoint of .*: it takes \\d+ MiB, checkpoint.maxSize allows 8 MiB\n");
        assertThat(complaint)
                .containsPattern(
                        "no checkpoint: it takes \\d+ MiB, checkpoint.maxSize allows 8 MiB; the task runs on\n");
        assertThat(text)
                .containsPattern("TOO_LARGE: no checkpoint: it takes \\d+ MiB, checkpoint.maxSize allows 8 MiB; "
                        + "it runs on, with generation 1 to come back to");
        assertContinued("TOO_LARGE", "was killed (exit status 137)", "killed 137 restart -");
    }

    @Test
    void whatBelongsIntoAFolderOfItsOwnIsThere() throws IOException {
        assertContinued("STORED", "was killed (exit status 137)", "killed 137 restart -");
    }

    @Test
    void nextflowsOwnAccountsAreThere() throws IOException {
        assertThat(Files.readString(folder.path().resolve("report.html"))).contains("MORE_EACH_TIME");
        assertThat(Files.readString(folder.path().resolve("timeline.html"))).contains("MORE_EACH_TIME");
        for (String task : List.of("OUT_OF_MEMORY", "ONE_OF_A_PIPE", "STORED")) {
            assertThat(trace.status(task)).isEqualTo("COMPLETED");
            assertThat(trace.value(task, "exit")).isEqualTo("0");
            assertThat(trace.value(task, "attempt")).isEqualTo("2");
            for (String field : List.of("realtime", "peak_rss", "rchar")) {
                assertThat(Long.parseLong(trace.value(task, field))).as(field).isPositive();
            }
            assertThat(Double.parseDouble(trace.value(task, "%cpu"))).isBetween(0.0, 1000.0);
        }
    }

    /** By the very process that had begun, from the only image. */
    private void assertContinued(String task, String what, String ending) throws IOException {
        assertThat(lines(task)).isEqualTo(LINES);
        assertThat(results.resolve(task).resolve("token.txt")).hasContent(tokens.get(task));
        assertThat(text).contains("%s %s: continues from generation 1, taken after ".formatted(task, what));
        assertThat(attempts.endings(task)).containsExactly(ending, "completed 0 - 1");
    }

    private void assertBegunAgain(String task, String what, String ending) throws IOException {
        assertThat(lines(task)).isEqualTo(LINES);
        assertThat(Files.readString(results.resolve(task).resolve("token.txt"))).isNotEqualTo(tokens.get(task));
        assertThat(text).contains("%s starts again: it %s\n".formatted(task, what));
        assertThat(attempts.endings(task)).containsExactly(ending, "completed 0 - -");
    }

    private String lines(String task) throws IOException {
        return Files.readString(results.resolve(task).resolve("lines.txt"));
    }
}
