// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchCommandTest {

    private final LaunchCommand launch = new LaunchCommand(List.of("/bin/sh", "/data/run-task", "--dir", "/a b", "--"));

    @Test
    void aPlainScriptGetsAnotherShell() {
        assertThat(launch.script("echo hello")).isEmpty();
        assertThat(launch.shell(List.of("/bin/bash", "-ue")))
                .containsExactly("/bin/sh", "/data/run-task", "--dir", "/a\\ b", "--", "/bin/bash", "-ue");
    }

    @Test
    void aShellThatIsNoPathIsLookedUp() {
        assertThat(launch.shell(List.of("bash", "-e"))).endsWith("--", "/usr/bin/env", "bash", "-e");
    }

    @Test
    void aScriptWithAnInterpreterGetsAnotherFirstLine() {
        assertThat(launch.script("#!/usr/bin/env python3\nprint(1) #!\n"))
                .hasValue("#!/bin/sh /data/run-task --dir /a\\ b -- /usr/bin/env python3\nprint(1) #!\n");
    }

    @Test
    void theIndentationOfTheScriptIsKept() {
        assertThat(launch.script("\n    #! /usr/bin/perl -w\n    print 1;\n"))
                .hasValue("\n    #!/bin/sh /data/run-task --dir /a\\ b -- /usr/bin/perl -w\n    print 1;\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "with blank",
                "it's",
                "\"quoted\"",
                "$HOME `id` $(id)",
                "a\\b",
                "*?[x]{a,b}~",
                "ALIGN (1); exit 3",
                "Grüße €",
                "a&b|c<d>e#f!g",
                "-n",
                ""
            })
    void aWordReachesTheCommandAsItIs(String word) throws Exception {
        var command = List.of("bash", "-c", "printf '%s\n' " + LaunchCommand.escape(word));

        var process = new ProcessBuilder(command).redirectErrorStream(true).start();

        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo(word + "\n");
    }
}
