// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLeasesTest {

    /** Holds the lock of the file in its first argument, as another Nextflow would, until its input ends. */
    private static final String HOLDER = "import fcntl, sys; f = open(sys.argv[1], 'w'); "
            + "fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()";

    @TempDir
    Path stores;

    @Test
    void aRunIsAliveAsLongAsSomebodyHoldsItsLease() throws Exception {
        Path runs = Files.createDirectories(stores.resolve(".runs"));
        Path other = runs.resolve("other");
        Files.createFile(runs.resolve("killed"));
        var holder = new ProcessBuilder("python3", "-c", HOLDER, other.toString()).start();
        try (var leases = RunLeases.take(stores, "own")) {
            assertThat(holder.inputReader().readLine()).isEqualTo("held");
            assertThat(leases.alive()).containsExactly("other");
            assertThat(runs.resolve("killed")).doesNotExist();

            holder.destroyForcibly();
            assertThat(holder.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(leases.alive()).isEmpty();
            assertThat(other).doesNotExist();
            assertThat(runs.resolve("own")).exists();
        } finally {
            holder.destroyForcibly();
        }
        assertThat(runs.resolve("own")).doesNotExist();
    }

    @Test
    void withoutAPlaceForLeasesARunGoesOnAllTheSame() throws IOException {
        Path file = Files.createFile(stores.resolve("file"));

        try (var leases = RunLeases.take(file, "own")) {
            assertThat(leases.alive()).isEmpty();
        }
    }
}
