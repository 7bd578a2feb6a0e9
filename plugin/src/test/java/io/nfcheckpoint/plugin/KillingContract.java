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
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Tasks are killed with SIGKILL, checkpointer and all, in the middle of a run. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class KillingContract {

    private static final String UNFIT = "UNFIT_STARTS_AGAIN could not continue from generation 1: it was taken on"
            + " 'elsewhere', whose processor has what this one lacks: amx_fancy; it began again\n";

    private final String version;

    /** Of each killed task, as it was before. */
    private final Map<String, String> tokens = new HashMap<>();

    private PipelineRun run;
    private int status;
    private Path results;
    private Trace trace;
    private AttemptTrace attempts;

    KillingContract(String version) {
        this.version = version;
    }

    @BeforeAll
    void killTasksOnTheWay() throws Exception {
        var folder = NextflowFolder.create("killing", version);
        Path work = folder.path().resolve("work");
        results = folder.path().resolve("results");
        Path hold = Files.createFile(folder.path().resolve("hold"));
        try (var started =
                folder.start("killing", "run", "-with-trace", "trace.txt", "-plugins", NextflowFolder.PLUGIN)) {
            run = started;
            for (String task :
                    List.of("CONTINUES", "PERL_CONTINUES", "SCRATCH_CONTINUES", "LOUD_CONTINUES", "IGNORED")) {
                killAfterCheckpoint(task, LiveStore.of(task, work, run));
            }
            killWithDamage(LiveStore.of("CONTINUES_FROM_OLDER", work, run));
            killWithForeignImage(LiveStore.of("UNFIT_STARTS_AGAIN", work, run));
            kill("STARTS_AGAIN", LiveStore.of("STARTS_AGAIN", work, run));
            // Said while the attempt runs, which goes on only when the file is gone.
            Await.that("what does not fit", () -> Optional.of(run.text()).filter(text -> text.contains(UNFIT)));
            Files.delete(hold);
            status = started.await();
        }
        trace = new Trace(folder.path().resolve("trace.txt"));
        attempts = new AttemptTrace(folder.path().resolve("checkpoint-trace.tsv"));
    }

    private void killAfterCheckpoint(String task, LiveStore store) throws Exception {
        store.awaitLines(20);
        store.checkpoint();
        store.awaitLines(25);
        kill(task, store);
    }

    private void killWithDamage(LiveStore store) throws Exception {
        store.awaitLines(20);
        store.checkpoint();
        store.awaitLines(25);
        store.checkpoint();
        store.awaitLines(30);
        kill("CONTINUES_FROM_OLDER", store, () -> store.damage(2));
    }

    private void killWithForeignImage(LiveStore store) throws Exception {
        store.awaitLines(20);
        store.checkpoint();
        kill("UNFIT_STARTS_AGAIN", store, () -> store.makeForeign(1));
    }

    private void kill(String task, LiveStore store) throws Exception {
        kill(task, store, () -> {});
    }

    private interface Damage {
        void run() throws IOException;
    }

    private void kill(String task, LiveStore store, Damage damage) throws Exception {
        store.awaitLines(10);
        tokens.put(task, Files.readString(store.attempt().resolve("token.txt")));
        damage.run();
        store.kill();
    }

    @Test
    void theRunSucceeds() throws IOException {
        assertThat(status).as(run.text()).isZero();
    }

    @Test
    void aKilledTaskContinuesThoughNobodyConfiguredARetry() throws IOException {
        assertThat(lines("CONTINUES")).isEqualTo(lines("UNDISTURBED"));
        assertThat(token("CONTINUES")).isEqualTo(tokens.get("CONTINUES"));
        assertThat(run.text()).containsPattern("CONTINUES was killed.*: continues from generation 1, taken after ");
    }

    @Test
    void theOutputOfTheLastAttemptIsTheWholeTasks() throws IOException {
        assertThat(Files.readString(results.resolve("CONTINUES/.command.err"))).isEqualTo(lines("UNDISTURBED"));
    }

    @Test
    void aScriptWithItsOwnInterpreterContinues() throws IOException {
        assertThat(lines("PERL_CONTINUES")).isEqualTo(lines("UNDISTURBED"));
        assertThat(token("PERL_CONTINUES")).isEqualTo(tokens.get("PERL_CONTINUES"));
    }

    @Test
    void aTaskOnTheNodesOwnDiskContinuesInAnotherDirectory() throws IOException {
        assertThat(lines("SCRATCH_CONTINUES")).isEqualTo(lines("UNDISTURBED"));
        assertThat(token("SCRATCH_CONTINUES")).isEqualTo(tokens.get("SCRATCH_CONTINUES"));
    }

    @Test
    void megabytesOnBothStreamsAreThoseOfAnUndisturbedTask() throws IOException {
        for (String stream : List.of(".command.out", ".command.err")) {
            assertThat(trace.read("LOUD_CONTINUES", stream))
                    .as(stream)
                    .hasSizeGreaterThan(1_000_000)
                    .isEqualTo(trace.read("LOUD_UNDISTURBED", stream));
        }
        // Where both come together, their order is no task's to choose.
        assertThat(trace.read("LOUD_CONTINUES", ".command.log"))
                .hasSameSizeAs(trace.read("LOUD_UNDISTURBED", ".command.log"));
        assertThat(Files.readString(results.resolve("LOUD_CONTINUES.stdout")))
                .isEqualTo(Files.readString(results.resolve("LOUD_UNDISTURBED.stdout")));
    }

    @Test
    void aDamagedGenerationIsPassedOverForTheOneBefore() throws IOException {
        assertThat(lines("CONTINUES_FROM_OLDER")).isEqualTo(lines("UNDISTURBED"));
        assertThat(token("CONTINUES_FROM_OLDER")).isEqualTo(tokens.get("CONTINUES_FROM_OLDER"));
        assertThat(run.text())
                .contains("CONTINUES_FROM_OLDER: cannot restart from generation 2: ")
                .containsPattern("CONTINUES_FROM_OLDER was killed.*: continues from generation 1, ");
    }

    @Test
    void aTaskWithoutAGenerationStartsAgainIfTheUserWantsARetry() throws IOException {
        assertThat(lines("STARTS_AGAIN")).isEqualTo(lines("UNDISTURBED"));
        assertThat(token("STARTS_AGAIN")).isNotEqualTo(tokens.get("STARTS_AGAIN"));
        assertThat(run.text()).containsPattern("STARTS_AGAIN starts again: it was killed .*; it has no generation yet");
    }

    @Test
    void anImageThatDoesNotFitTheHostIsAReasonToStartAgain() throws IOException {
        assertThat(lines("UNFIT_STARTS_AGAIN")).isEqualTo(lines("UNDISTURBED"));
        assertThat(token("UNFIT_STARTS_AGAIN")).isNotEqualTo(tokens.get("UNFIT_STARTS_AGAIN"));
        assertThat(run.text()).containsOnlyOnce(UNFIT);
    }

    @Test
    void aTimeLimitOnlyInterruptsATask() throws IOException {
        assertThat(lines("TIME_LIMIT")).isEqualTo(lines("UNDISTURBED"));
        assertThat(Files.readString(results.resolve("TIME_LIMIT/.command.err"))).isEqualTo(lines("UNDISTURBED"));
        assertThat(run.text())
                .containsPattern("TIME_LIMIT ran into its time limit.*: continues from generation \\d+, taken after ");
    }

    @Test
    void aFailureThatTheUserIgnoresIsIgnored() throws IOException {
        assertThat(results.resolve("IGNORED")).doesNotExist();
        assertThat(run.tasks("Re-submitted")).isNotEmpty().doesNotContain("IGNORED");
        assertThat(run.text()).containsPattern("Process `IGNORED` terminated .* -- Error is ignored");
        assertThat(attempts.endings("IGNORED")).containsExactly("killed 137 engine -");
        assertThat(run.text()).doesNotContain("interrupted with the run");
    }

    @Test
    void eachAttemptIsWrittenDown() {
        for (String task :
                List.of("CONTINUES", "PERL_CONTINUES", "SCRATCH_CONTINUES", "LOUD_CONTINUES", "CONTINUES_FROM_OLDER")) {
            assertThat(attempts.endings(task)).as(task).containsExactly("killed 137 restart -", "completed 0 - 1");
        }
        assertThat(attempts.endings("STARTS_AGAIN")).containsExactly("killed 137 from-start -", "completed 0 - -");
        var limited = attempts.endings("TIME_LIMIT");
        assertThat(limited).first().asString().matches("walltime .* restart -");
        assertThat(limited).last().asString().matches("completed 0 - \\d+");
        assertThat(attempts.attempts("CONTINUES").get(0))
                .hasEntrySatisfying("generations", number -> assertThat(number).isEqualTo("1"))
                .hasEntrySatisfying(
                        "bytes", bytes -> assertThat(Long.parseLong(bytes)).isPositive())
                .hasEntrySatisfying(
                        "pause_ms", pause -> assertThat(Long.parseLong(pause)).isNotNegative());
        assertThat(Long.parseLong(attempts.attempts("CONTINUES").get(1).get("saved_ms")))
                .isPositive();
    }

    @Test
    void theRunIsSummedUpInOneLine() throws IOException {
        assertThat(run.text())
                .containsPattern("6 tasks were restarted from a checkpoint \\(\\d+ restarts\\), which saved ");
    }

    private String lines(String process) throws IOException {
        return Files.readString(results.resolve(process).resolve("lines.txt"));
    }

    private String token(String process) throws IOException {
        return Files.readString(results.resolve(process).resolve("token.txt"));
    }
}
