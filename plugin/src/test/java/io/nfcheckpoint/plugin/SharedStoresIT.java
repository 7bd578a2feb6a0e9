// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where stores are kept, another user keeps his. */
class SharedStoresIT {

    private static final int HELD_AT = 19;

    @Test
    void aKilledTaskContinuesBesideTheStoresOfAnotherUser() throws Exception {
        OtherUser.assumePossible();
        var folder = NextflowFolder.create("shared-stores", "25.04.4").withoutPrivileges();
        Path shared = OtherUser.sharedDirectory(folder.path().resolve("stores"));
        OtherUser.fill(shared);
        Files.writeString(folder.path().resolve("shared.config"), "checkpoint.dir = '%s'%n".formatted(shared));
        Path hold = Files.createFile(folder.path().resolve("hold"));
        try (var run = folder.start("ending", "run", "-plugins", NextflowFolder.PLUGIN, "-c", "shared.config")) {
            var store = LiveStore.of("WORKS", folder.path().resolve("work"), shared.resolve("uid-0"), run);
            store.awaitLines(HELD_AT);
            store.checkpoint();
            store.kill();
            Files.delete(hold);

            assertThat(run.await()).as(run.text()).isZero();
            assertThat(run.text())
                    .contains("WORKS was killed (exit status 137): continues from generation 1, ")
                    .doesNotContain("without checkpoints");
        }
        var attempts = new AttemptTrace(folder.path().resolve("checkpoint-trace.tsv"));
        assertThat(attempts.endings("WORKS")).isEqualTo(List.of("killed 137 restart -", "completed 0 - 1"));
        try (var left = Files.list(shared.resolve("uid-0"))) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder(".runs", ".failures.json", ".failures.json.lock");
        }
    }
}
