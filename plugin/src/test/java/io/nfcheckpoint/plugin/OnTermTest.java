// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the script around a task does when it is asked to end; the functions that it replaces are Nextflow's in short. */
class OnTermTest {

    /** The command goes on until it is checkpointed; {@code signals} of them come while the script waits for it. */
    private static final String SCRIPT = """
            nxf_unstage() { [[ ${nxf_main_ret:=0} != 0 ]] || echo unstaged; }
            nxf_kill() { kill "$1"; }
            on_exit() { echo "exit status ${nxf_main_ret:=0}"; }
            on_term() { set +e; nxf_kill "$pid"; }
            trap on_exit EXIT
            trap on_term TERM
            source '%1$s/around-task' '%1$s/store' 1000ms
            { : > '%1$s/started'; until [[ -e '%1$s/go' ]]; do sleep 0.02; done; exit %2$d; } &
            pid=$!
            ( until [[ -e '%1$s/started' ]]; do sleep 0.02; done
              for ((i = 0; i < %3$d; i++)); do kill -TERM $$; sleep 0.1; done ) &
            wait "$pid" || nxf_main_ret=$?
            wait
            nxf_unstage
            """;

    @TempDir
    Path directory;

    @BeforeEach
    void install() throws IOException {
        for (String script : List.of("around-task", "on-term")) {
            try (var in = Installation.class.getResourceAsStream(script)) {
                Files.copy(in, directory.resolve(script));
            }
        }
        Files.writeString(directory.resolve("ckpt"), "#!/bin/sh\n: > '%s/go'\n".formatted(directory));
        assertThat(directory.resolve("ckpt").toFile().setExecutable(true)).isTrue();
        Files.createDirectory(directory.resolve("store"));
    }

    @Test
    void aCommandThatHasJustEndedCountsWithItsStatusAndItsOutputs() throws Exception {
        state("ended");

        assertThat(run(0, 1)).isEqualTo("unstaged\nexit status 0\n");
        assertThat(run(0, 2)).isEqualTo("unstaged\nexit status 0\n");
        assertThat(run(3, 1)).isEqualTo("exit status 3\n");
    }

    @Test
    void aCommandMayTakeItsStoreAlongWhenItEnds() throws Exception {
        assertThat(run(0, 1)).isEqualTo("unstaged\nexit status 0\n");
    }

    @Test
    void aCommandThatHasNoStoreYetIsEnded() throws Exception {
        Files.writeString(directory.resolve("ckpt"), "#!/bin/sh\n");

        assertThat(run(0, 1)).isEqualTo("exit status 143\n");
    }

    @Test
    void aCommandThatGoesOnIsEnded() throws Exception {
        state("running");
        Files.writeString(directory.resolve("ckpt"), "#!/bin/sh\n");

        assertThat(run(0, 1)).isEqualTo("exit status 143\n");
    }

    @Test
    void aCommandIsEndedAlsoWhereWhatIsInstalledIsGone() throws Exception {
        Files.delete(directory.resolve("on-term"));

        assertThat(run(0, 1)).endsWith("exit status 143\n");
    }

    private void state(String state) throws IOException {
        Files.writeString(directory.resolve("store/status.json"), "{ \"state\": \"%s\" }".formatted(state));
    }

    private String run(int exitStatus, int signals) throws Exception {
        Files.deleteIfExists(directory.resolve("go"));
        Files.deleteIfExists(directory.resolve("started"));
        var process = new ProcessBuilder(
                        "timeout", "60", "bash", "-c", SCRIPT.formatted(directory, exitStatus, signals))
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
