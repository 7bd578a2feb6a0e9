// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.Natives;
import io.nfcheckpoint.natives.StoreFixture;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.CheckpointRoutes;
import io.nfcheckpoint.routes.Interval;
import io.nfcheckpoint.routes.Place;
import io.nfcheckpoint.routes.RetryDecision;
import io.nfcheckpoint.routes.RetryDecision.GiveUp;
import io.nfcheckpoint.routes.RetryDecision.RestartFrom;
import io.nfcheckpoint.routes.RetryDecision.RunFromStart;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.Settings;
import io.nfcheckpoint.routes.TaskCompleted;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.TaskPending;
import io.nfcheckpoint.routes.TaskRef;
import io.nfcheckpoint.routes.TaskStarted;
import io.nfcheckpoint.routes.WrapDecision;
import io.nfcheckpoint.routes.WrapDecision.LeaveAlone;
import io.nfcheckpoint.routes.WrapDecision.Wrap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine is played by the test; stores are on disk, and the real library reads them. */
class CheckpointRoutesTest {

    private static final Place PLACE = new Place("slurm", "long");

    @TempDir
    Path root;

    private CheckpointPolicy policy;
    private Path trace;
    private Path rates;
    private TaskRef task;
    private LogCapture log;
    private CheckpointRoutes routes;

    @BeforeEach
    void start() {
        policy = CheckpointPolicy.builder().storeRoot(root).maxRestarts(3).build();
        task = new TaskRef("a1b2", "ALIGN (1)", root.resolve("a1b2"));
        log = new LogCapture();
        trace = root.resolveSibling(root.getFileName() + ".tsv");
        rates = root.resolveSibling(root.getFileName() + ".json");
        routes = CheckpointRoutes.start(
                Natives.checkpointer(),
                Settings.of(root, LogCapture.LOGGER)
                        .withTrace(trace)
                        .withFailureRates(rates)
                        .withPoll(Duration.ofMillis(20)));
    }

    @AfterEach
    void stop() throws IOException {
        routes.close();
        log.close();
        Files.deleteIfExists(trace);
        Files.deleteIfExists(rates);
        Files.deleteIfExists(root.resolveSibling(rates.getFileName() + ".lock"));
    }

    @Test
    void continuesAKilledTaskFromItsLatestGeneration() throws IOException {
        runUntilKilled().generation(1, 31.5).generation(2, 62.25);

        assertThat(failed(137, false)).isEqualTo(new RestartFrom(2, List.of(), true));
        assertThat(pending(2)).isEqualTo(new Wrap(Optional.of(2), false, policy));
        assertThat(log.lines())
                .containsExactly("INFO ALIGN (1) was killed (exit status 137): continues from generation 2,"
                        + " taken after 1 min 2 s");
    }

    @Test
    void continuesFromTheOlderGenerationWhenAByteOfTheLatestIsFlipped() throws IOException {
        runUntilKilled().generation(1, 31.5).generation(2, 62.25).flipByte(2, "12.mem");

        assertContinuesFromTheOlder("12.mem");
    }

    @Test
    void continuesFromTheOlderGenerationWhenAFileOfTheLatestIsCutShort() throws IOException {
        runUntilKilled().generation(1, 31.5).generation(2, 62.25).truncate(2, "tree.img");

        assertContinuesFromTheOlder("tree.img");
    }

    @Test
    void continuesFromTheOlderGenerationWhenAFileOfTheLatestIsMissing() throws IOException {
        runUntilKilled().generation(1, 31.5).generation(2, 62.25).remove(2, "12.img");

        assertContinuesFromTheOlder("12.img");
    }

    @Test
    void continuesFromTheOlderGenerationWhenTheManifestOfTheLatestIsForeign() throws IOException {
        runUntilKilled().generation(1, 31.5).generation(2, 62.25).replaceManifest(2, "{\"format\":2}");

        assertContinuesFromTheOlder("format");
    }

    @Test
    void skipsAGenerationThatNeverGotItsManifest() throws IOException {
        runUntilKilled().generation(1, 31.5).generation(2, 62.25).remove(2, "manifest.json");

        assertThat(failed(137, false)).isEqualTo(new RestartFrom(1, List.of(), true));
    }

    @Test
    void runsFromTheStartWhenNoGenerationIsUsable() throws IOException {
        var store = runUntilKilled().generation(1, 31.5);
        store.flipByte(1, "12.mem");

        assertThat(failed(137, true)).isInstanceOf(RunFromStart.class);
        assertThat(pending(2)).isEqualTo(new Wrap(Optional.empty(), true, policy));
        assertThat(log.lines())
                .singleElement()
                .asString()
                .startsWith(
                        "INFO ALIGN (1) starts again: it was killed (exit status 137); no generation is usable: generation 1: ");
    }

    @Test
    void runsFromTheStartWithoutAGeneration() throws IOException {
        runUntilKilled();

        assertThat(failed(137, true))
                .isEqualTo(new RunFromStart("it was killed (exit status 137); it has no generation yet"));
    }

    @Test
    void givesUpAsTheEngineWouldWhenNothingWasStored() {
        pending(1);

        assertThat(failed(1, false)).isInstanceOf(GiveUp.class);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void leavesAnErrorExitToTheEngine() throws IOException {
        runUntilKilled().generation(1, 31.5).ended(3);

        assertThat(failed(3, false)).isEqualTo(new GiveUp("it ended by itself (exit status 3)"));
    }

    @Test
    void takesAnotherImageWhenTheTaskCrashesAgainAfterARestart() throws IOException {
        runUntilKilled()
                .generation(1, 31.5)
                .generation(2, 62.25)
                .restarted(2, 62.25)
                .ended(139);

        assertThat(failed(139, false))
                .isEqualTo(new RestartFrom(
                        1, List.of("generation 2: the task has failed again after a restart from it"), false));
    }

    @Test
    void stopsRestartingAtTheLimitAndThenStartsAnew() throws IOException {
        runUntilKilled()
                .generation(1, 31.5)
                .restarted(1, 31.5)
                .restarted(1, 31.5)
                .restarted(1, 31.5)
                .running();

        assertThat(failed(137, true))
                .isEqualTo(
                        new GiveUp("it was killed (exit status 137); it was restarted 3 times, and maxRestarts is 3"));
        assertThat(pending(2)).isEqualTo(new Wrap(Optional.empty(), true, policy));
    }

    @Test
    void removesTheStoreOfACompletedTaskAndSumsUpWhatItSaved() throws IOException {
        runUntilKilled().generation(1, 31.5);
        failed(137, false);
        pending(2);
        StoreFixture.create(task.store())
                .generation(2, 62.25)
                .restarted(1, 31.5)
                .ended(0);

        routes.completed(new TaskCompleted(task));

        assertThat(task.store()).doesNotExist();
        assertThat(root).isEmptyDirectory();
        // How many generations were noticed on the way is chance.
        assertThat(routes.ending())
                .usingRecursiveComparison()
                .ignoringFields("generations")
                .isEqualTo(new RunSummary(1, 0, 1, 1, Duration.ofMillis(31_500)));
        assertThat(log.lines())
                .last()
                .isEqualTo("INFO 1 task was restarted from a checkpoint (1 restart), which saved 31.5 s");
    }

    @Test
    void countsRestartsOfThisRunOnly() throws IOException {
        var store = StoreFixture.create(task.store())
                .generation(1, 31.5)
                .restarted(1, 100)
                .stopped();
        assertThat(pending(1)).isEqualTo(new Wrap(Optional.empty(), false, policy));
        store.restarted(1, 31.5).running();

        var summary = routes.ending();

        assertThat(summary.restarts()).isEqualTo(1);
        assertThat(summary.saved()).isEqualTo(Duration.ofMillis(31_500));
        assertThat(task.store()).as("the next run needs it").exists();
    }

    @Test
    void saysAtTheEndThatNothingHadToBeRestarted() {
        assertThat(routes.ending()).isEqualTo(RunSummary.NOTHING);
        assertThat(log.lines()).containsExactly("INFO No task had to be restarted from a checkpoint");
    }

    @Test
    void writesARowForEachAttempt() throws IOException {
        runUntilKilled().generation(1, 31.5).generation(2, 62.25);
        failed(137, false);
        pending(2);
        StoreFixture.create(task.store()).generation(3, 90).restarted(2, 62.25).ended(0);
        routes.completed(new TaskCompleted(task));

        assertThat(Files.readAllLines(trace))
                .extracting(line -> line.replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "TIME"))
                .containsExactly(
                        "task\tattempt\tstart\tend\tcause\texit\tnext\tgenerations\tpause_ms\tbytes"
                                + "\trestarted_from\tsaved_ms\tdirectory\tid",
                        "ALIGN (1)\t1\tTIME\tTIME\tkilled\t137\trestart\t2\t24\t60040\t-\t0\t%s\ta1b2"
                                .formatted(root.resolve("work/1")),
                        "ALIGN (1)\t2\t-\tTIME\tcompleted\t0\t-\t3\t36\t90060\t2\t62250\t%s\ta1b2"
                                .formatted(root.resolve("work/2")));
    }

    @Test
    void expectsFailuresWhereItHasSeenThem() throws IOException {
        policy = policy.toBuilder().interval(Interval.AUTO).build();
        assertThat(((Wrap) pending(1)).timeBetweenFailures()).contains(Duration.ofDays(1));
        routes.started(new TaskStarted(task));
        StoreFixture.create(task.store()).generation(1, 31.5);

        failed(137, false);

        assertThat(((Wrap) pending(2)).timeBetweenFailures()).contains(Duration.ofHours(12));
        assertThat(Files.readString(rates)).contains("\"slurm\"", "\"long\"", "\"failures\" : 1.0");
    }

    @Test
    void expectsNothingOfFailuresOfTheTasksOwn() throws IOException {
        policy = policy.toBuilder().interval(Interval.AUTO).build();
        pending(1);
        routes.started(new TaskStarted(task));
        StoreFixture.create(task.store()).generation(1, 31.5).ended(139);

        failed(139, true);

        assertThat(((Wrap) pending(2)).timeBetweenFailures()).contains(Duration.ofDays(1));
    }

    @Test
    void saysWhyAnAttemptDidNotContinueAsItWasTo() throws IOException {
        runUntilKilled().generation(1, 31.5);
        failed(137, false);
        pending(2);
        StoreFixture.create(task.store())
                .refused(1, "it needs 900 MiB of memory, of which 512 MiB are free here")
                .ended(0);

        routes.completed(new TaskCompleted(task));

        assertThat(log.lines())
                .last()
                .isEqualTo("WARN ALIGN (1) could not continue from generation 1: it needs 900 MiB of memory, of which"
                        + " 512 MiB are free here; it began again");
    }

    @Test
    void saysWhichOlderImageServedInstead() throws IOException {
        runUntilKilled().generation(1, 31.5).generation(2, 62.25);
        failed(137, false);
        pending(2);
        StoreFixture.create(task.store()).refused(2, "why").restarted(1, 31.5).ended(139);

        failed(139, true);

        assertThat(log.lines())
                .contains("WARN ALIGN (1) could not continue from generation 2: why; it continued from generation 1");
    }

    @Test
    void aStoreThatADiskWasTooFullForGoesWithTheTask() throws IOException {
        pending(1);
        Files.createFile(Files.createDirectories(task.store()).resolve("lease"));

        routes.completed(new TaskCompleted(task));

        assertThat(task.store()).doesNotExist();
    }

    @Test
    void anAttemptThatDidNotComeToRunIsNotToldOf() throws IOException {
        StoreFixture.create(task.store()).refused(1, "of an attempt before").ended(1);
        pending(1);

        failed(1, false);

        assertThat(log.lines()).noneMatch(line -> line.contains("of an attempt before"));
    }

    @Test
    void tellsWhatWasInterruptedWithTheRun() throws IOException {
        runUntilKilled().generation(1, 31.5);

        routes.ending();

        assertThat(log.lines())
                .contains(
                        "INFO 1 task was interrupted with the run; when it is resumed, it continues from the latest image");
        assertThat(Files.readString(trace)).contains("\trun-ended\t-\tresume\t1\t");
    }

    @Test
    void tellsNothingOfATaskThatHadNotBegun() throws IOException {
        StoreFixture.create(task.store()).generation(1, 31.5).stopped();
        pending(1);

        routes.ending();

        assertThat(log.lines()).containsExactly("INFO No task had to be restarted from a checkpoint");
        assertThat(trace).doesNotExist();
    }

    @Test
    void neverRemovesADirectoryThatIsNoStore() throws IOException {
        Files.createDirectories(task.store());
        var file = Files.writeString(task.store().resolve("thesis.tex"), "years of work");
        pending(1);

        routes.completed(new TaskCompleted(task));

        assertThat(file).exists();
    }

    @Test
    void leavesTheTwinOfARunningTaskAlone() {
        assertThat(pending(1)).isInstanceOf(Wrap.class);
        assertThat(pending(1)).isInstanceOf(LeaveAlone.class);
    }

    @Test
    void answersSafelyWhenTheStoreCannotBeUnderstood() throws IOException {
        runUntilKilled().generation(1, 31.5);
        Files.writeString(task.store().resolve("status.json"), "{\"format\": 99}");

        assertThat(failed(137, false)).isInstanceOf(GiveUp.class);
        assertThat(failed(137, true)).isInstanceOf(RunFromStart.class);
        assertThat(pending(2)).isInstanceOf(LeaveAlone.class);
        routes.completed(new TaskCompleted(task));
        assertThat(log.lines())
                .hasSize(4)
                .allSatisfy(line -> assertThat(line).startsWith("WARN ").contains("ALIGN (1)", "status.json"));
    }

    @Test
    void answersSafelyAfterItWasClosed() {
        routes.close();

        assertThat(pending(1)).isInstanceOf(LeaveAlone.class);
        assertThat(failed(137, true)).isInstanceOf(RunFromStart.class);
        assertThat(routes.ending()).isEqualTo(RunSummary.NOTHING);
    }

    private StoreFixture runUntilKilled() throws IOException {
        assertThat(pending(1)).isEqualTo(new Wrap(Optional.empty(), false, policy));
        routes.started(new TaskStarted(task));
        return StoreFixture.create(task.store());
    }

    private WrapDecision pending(int attempt) {
        return routes.pending(new TaskPending(task, policy, true, attempt, root.resolve("work/" + attempt), PLACE));
    }

    private RetryDecision failed(int exitStatus, boolean engineWouldRetry) {
        return routes.failed(new TaskFailed(task, OptionalInt.of(exitStatus), engineWouldRetry, 0));
    }

    private void assertContinuesFromTheOlder(String culprit) {
        var decision = failed(137, false);

        assertThat(decision).isInstanceOfSatisfying(RestartFrom.class, restart -> {
            assertThat(restart.generation()).isEqualTo(1);
            assertThat(restart.skipped())
                    .singleElement()
                    .asString()
                    .startsWith("generation 2: ")
                    .contains(culprit);
        });
        assertThat(pending(2)).isEqualTo(new Wrap(Optional.of(1), false, policy));
        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().get(0))
                .startsWith("WARN ALIGN (1): cannot restart from generation 2: ")
                .contains(culprit);
        assertThat(log.lines().get(1))
                .isEqualTo("INFO ALIGN (1) was killed (exit status 137): continues from generation 1,"
                        + " taken after 31.5 s");
    }
}
