// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What Nextflow wrote down about its tasks. */
final class Trace {

    private final List<String> columns;
    private final Map<String, List<String>> rows = new LinkedHashMap<>();

    /** @param file with fields process, status and work directory, and perhaps more */
    Trace(Path file) throws IOException {
        var lines = Files.readAllLines(file);
        columns = List.of(lines.get(0).split("\t"));
        lines.stream().skip(1).map(line -> List.of(line.split("\t"))).forEach(row -> rows.put(row.get(0), row));
    }

    String status(String process) {
        return rows.get(process).get(1);
    }

    /** Of the last attempt of the last task. */
    Path directory(String process) {
        return Path.of(rows.get(process).get(2));
    }

    String value(String process, String column) {
        return rows.get(process).get(columns.indexOf(column));
    }

    String read(String process, String file) throws IOException {
        return Files.readString(directory(process).resolve(file));
    }
}
