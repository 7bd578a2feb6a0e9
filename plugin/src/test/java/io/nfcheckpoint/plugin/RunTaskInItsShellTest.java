// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The same where Nextflow's script has read {@code around-task}: its own bash starts the task, as no other shell would. */
class RunTaskInItsShellTest extends RunTaskTest {

    private static final String SCRIPT = """
            on_term() { :; }
            set -u
            source "$0/around-task" "$4" 1000ms
            nxf_launch() { "$@"; }
            set +e
            (set -o pipefail; nxf_launch "$@" | cat)
            """;

    @Override
    List<String> line(List<String> words) {
        var line = new ArrayList<>(List.of("bash", "-c", SCRIPT, installation().toString()));
        line.addAll(words);
        return line;
    }

    @Override
    @Test
    void otherShellsTryTheCheckpointerFirst() throws Exception {
        installCheckpointerThatShowsItsOptions();

        assertThat(run("echo", "a  b").output()).endsWith("<--><echo><a  b>");
        assertThat(hasBeenTried()).isFalse();
    }

    @Test
    void whateverElseCallsTheShellGetsIt() throws Exception {
        var process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "source \"$0/around-task\" store 1s; (/bin/sh -c 'echo $0 $1' it \"it's  mine\"); echo $?",
                        installation().toString())
                .start();

        assertThat(process.inputReader().lines()).containsExactly("it it's mine", "0");
    }
}
