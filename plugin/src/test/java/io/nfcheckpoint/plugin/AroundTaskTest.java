// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the end of the script around a task, whose functions are those of Nextflow 25.04. */
class AroundTaskTest {

    private static final String SCRIPT = """
            nxf_unstage_outputs() {
                true
            %2$s}

            nxf_unstage_controls() {
                true
                echo controls
            }

            nxf_unstage() {
                if [[ ${nxf_main_ret:=0} == 0 ]]; then
                    (set -e -o pipefail; (nxf_unstage_outputs | tee -a .command.out) 3>&1 1>&2 2>&3 | tee -a .command.err)
                    nxf_unstage_ret=$?
                fi
                nxf_unstage_controls
            }

            set -u
            cd '%1$s'
            set +u
            %3$s
            set -u
            set +e
            %4$s
            nxf_unstage
            echo "${nxf_main_ret} ${nxf_unstage_ret-none}"
            declare -f nxf_unstage | grep -q tee && echo slow
            """;

    @TempDir
    Path directory;

    @BeforeEach
    void install() throws IOException {
        try (var in = Installation.class.getResourceAsStream("around-task")) {
            Files.copy(in, directory.resolve("around-task"));
        }
    }

    @Test
    void whereThereIsNothingToMoveNothingIsStarted() throws Exception {
        log(".command.out", "printed");
        log(".command.err", "said");

        assertThat(end("", "")).isEqualTo("controls\n0 0\n");
        assertThat(directory.resolve(".command.out")).hasContent("printed");
        assertThat(directory.resolve(".command.err")).hasContent("said");
    }

    @Test
    void logsThatTheTaskHasRemovedAreThereAgain() throws Exception {
        assertThat(end("", "")).isEqualTo("controls\n0 0\n");
        assertThat(directory.resolve(".command.out")).isEmptyFile();
        assertThat(directory.resolve(".command.err")).isEmptyFile();
    }

    @Test
    void aLogThatCannotBeWrittenFailsTheTaskAsBefore() throws Exception {
        Files.createDirectory(directory.resolve(".command.out"));

        assertThat(plainEnd("", "")).endsWith("controls\n0 1\nslow\n");
        assertThat(end("", "")).endsWith("controls\n0 1\n").doesNotContain("slow");
    }

    @Test
    void aTaskThatHasFailedMovesNothing() throws Exception {
        assertThat(end("", "nxf_main_ret=3")).isEqualTo("controls\n3 none\n");
        assertThat(directory.resolve(".command.out")).doesNotExist();
    }

    @Test
    void outputsAreMovedAsNextflowDoes() throws Exception {
        assertThat(end("    echo moved\n", "")).isEqualTo("moved\ncontrols\n0 0\nslow\n");
        assertThat(directory.resolve(".command.out")).hasContent("moved");
        assertThat(end("    false && true\n", "")).isEqualTo("controls\n0 1\nslow\n");
    }

    private void log(String name, String content) throws IOException {
        Files.writeString(directory.resolve(name), content);
    }

    private String end(String outputs, String before) throws Exception {
        return run(outputs, "source ./around-task store 1000ms", before);
    }

    private String plainEnd(String outputs, String before) throws Exception {
        return run(outputs, "", before);
    }

    private String run(String outputs, String source, String before) throws Exception {
        var process = new ProcessBuilder("bash", "-ue", "-c", SCRIPT.formatted(directory, outputs, source, before))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return output;
    }
}
