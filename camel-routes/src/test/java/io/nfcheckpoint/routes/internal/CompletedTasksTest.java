// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreFixture;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.TaskCompleted;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What becomes of the store of a task that has succeeded. */
class CompletedTasksTest extends PlayedEngine {

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
    void aStoreThatADiskWasTooFullForGoesWithTheTask() throws IOException {
        pending(1);
        Files.createFile(Files.createDirectories(task.store()).resolve("lease"));

        routes.completed(new TaskCompleted(task));

        assertThat(task.store()).doesNotExist();
    }

    @Test
    void neverRemovesADirectoryThatIsNoStore() throws IOException {
        Files.createDirectories(task.store());
        var file = Files.writeString(task.store().resolve("thesis.tex"), "years of work");
        pending(1);

        routes.completed(new TaskCompleted(task));

        assertThat(file).exists();
    }
}
