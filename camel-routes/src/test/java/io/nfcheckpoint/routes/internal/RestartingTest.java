// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreFixture;
import io.nfcheckpoint.routes.RetryDecision.GiveUp;
import io.nfcheckpoint.routes.RetryDecision.RestartFrom;
import io.nfcheckpoint.routes.RetryDecision.RunFromStart;
import io.nfcheckpoint.routes.TaskCompleted;
import io.nfcheckpoint.routes.WrapDecision.Wrap;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a failed attempt of a task continues from. */
class RestartingTest extends PlayedEngine {

    private interface Deed {
        void on(StoreFixture store) throws IOException;
    }

    private enum Damage {
        A_BYTE_IS_FLIPPED("12.mem", store -> store.flipByte(2, "12.mem")),
        A_FILE_IS_CUT_SHORT("tree.img", store -> store.truncate(2, "tree.img")),
        A_FILE_IS_MISSING("12.img", store -> store.remove(2, "12.img")),
        THE_MANIFEST_IS_FOREIGN("format", store -> store.replaceManifest(2, "{\"format\":2}"));

        private final String culprit;
        private final Deed toSecond;

        Damage(String culprit, Deed toSecond) {
            this.culprit = culprit;
            this.toSecond = toSecond;
        }
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

    @ParameterizedTest
    @EnumSource
    void continuesFromTheOlderGenerationWhenTheLatestIsDamaged(Damage damage) throws IOException {
        damage.toSecond.on(runUntilKilled().generation(1, 31.5).generation(2, 62.25));

        assertThat(failed(137, false)).isInstanceOfSatisfying(RestartFrom.class, restart -> {
            assertThat(restart.generation()).isEqualTo(1);
            assertThat(restart.skipped())
                    .singleElement()
                    .asString()
                    .startsWith("generation 2: ")
                    .contains(damage.culprit);
        });
        assertThat(pending(2)).isEqualTo(new Wrap(Optional.of(1), false, policy));
        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().get(0))
                .startsWith("WARN ALIGN (1): cannot restart from generation 2: ")
                .contains(damage.culprit);
        assertThat(log.lines().get(1))
                .isEqualTo("INFO ALIGN (1) was killed (exit status 137): continues from generation 1,"
                        + " taken after 31.5 s");
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
    void anAttemptThatDidNotComeToRunIsNotToldOf() throws IOException {
        StoreFixture.create(task.store()).refused(1, "of an attempt before").ended(1);
        pending(1);

        failed(1, false);

        assertThat(log.lines()).noneMatch(line -> line.contains("of an attempt before"));
    }
}
