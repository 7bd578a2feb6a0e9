// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mistake in the configuration ends the run before any task starts; a place that will not do is a warning. */
class RefusalIT {

    @ParameterizedTest
    @ValueSource(strings = {"24.10.0", "25.04.4"})
    void aMistakeInTheScopeOfTheRunIsRefused(String version) throws Exception {
        assertRefused(
                version, "checkpoint.keep = 0", "nf-checkpoint: checkpoint.keep: '0' is not allowed; allowed: a whole");
    }

    @ParameterizedTest
    @ValueSource(strings = {"24.10.0", "25.04.4"})
    void aMistakeInAProcessIsRefused(String version) throws Exception {
        assertRefused(
                version,
                "process { withName: PLAIN { ext.checkpoint = [interval: 'soon'] } }",
                "nf-checkpoint: process 'PLAIN': ext.checkpoint.interval: 'soon' is not allowed; allowed: a time");
    }

    @Test
    void aMistakeInARouteFileIsRefused() throws Exception {
        var folder = NextflowFolder.create("refusal", "25.04.4");
        Path file = Files.createDirectories(folder.path().resolve("routes")).resolve("mine.xml");
        Files.writeString(file, "<routes>\n<rout/>\n</routes>\n");

        assertRefused(
                folder,
                "checkpoint.routes = 'routes'",
                "nf-checkpoint: checkpoint.routes: '%s', line 2: Unexpected element 'rout'".formatted(file));
    }

    @Test
    void aWorkDirectoryThatCannotHoldTheCheckpointerIsAWarning() throws Exception {
        var folder = NextflowFolder.create("refusal", "25.04.4");

        try (var run = folder.start("wrapping", "run", "-plugins", NextflowFolder.PLUGIN, "-work-dir", "with blank")) {
            assertThat(run.await()).as(run.text()).isZero();
            assertThat(run.text()).contains("The run has no checkpoints: the path of its work directory '");
            assertThat(run.tasks("Submitted")).isNotEmpty();
        }
    }

    private static void assertRefused(String version, String mistake, String message) throws Exception {
        assertRefused(NextflowFolder.create("refusal", version), mistake, message);
    }

    private static void assertRefused(NextflowFolder folder, String mistake, String message) throws Exception {
        Files.writeString(folder.path().resolve("mistake.config"), mistake + "\n");

        try (var run = folder.start("wrapping", "run", "-plugins", NextflowFolder.PLUGIN, "-c", "mistake.config")) {
            assertThat(run.await()).isNotZero();
            assertThat(run.text()).contains(message);
            assertThat(run.tasks("Submitted")).isEmpty();
        }
    }
}
