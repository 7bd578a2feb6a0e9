// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What we wrote down about the attempts of tasks: checkpoint-trace.tsv. */
final class AttemptTrace {

    private final List<Map<String, String>> rows;

    AttemptTrace(Path file) throws IOException {
        var lines = Files.readAllLines(file);
        var columns = lines.get(0).split("\t");
        rows = lines.stream().skip(1).map(line -> row(columns, line)).toList();
    }

    private static Map<String, String> row(String[] columns, String line) {
        var values = line.split("\t", -1);
        assertThat(values).as(line).hasSameSizeAs(columns);
        var row = new HashMap<String, String>();
        for (int i = 0; i < columns.length; i++) {
            row.put(columns[i], values[i]);
        }
        return row;
    }

    /** How the attempts of a task ended, in turn: cause, exit status, what came next, the image it had begun with. */
    List<String> endings(String task) {
        return attempts(task).stream()
                .map(row ->
                        String.join(" ", row.get("cause"), row.get("exit"), row.get("next"), row.get("restarted_from")))
                .toList();
    }

    List<Map<String, String>> attempts(String task) {
        return rows.stream().filter(row -> row.get("task").equals(task)).toList();
    }
}
