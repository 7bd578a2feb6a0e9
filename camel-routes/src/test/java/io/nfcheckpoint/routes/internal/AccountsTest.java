// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreFixture;
import io.nfcheckpoint.routes.Interval;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.TaskCompleted;
import io.nfcheckpoint.routes.TaskStarted;
import io.nfcheckpoint.routes.WrapDecision.Wrap;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is written down and summed up. */
class AccountsTest extends PlayedEngine {

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
}
