// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.TaskRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * Writes checkpoint-trace.tsv row by row, so that a run that is killed leaves what it had. The file of the run before is
 * kept under a name of its own. A file that cannot be written is one warning.
 */
final class TraceFile {

    private final Optional<Path> file;
    private final UserLog log;
    private boolean begun;
    private boolean broken;

    /** @param file empty: nobody wants one */
    TraceFile(Optional<Path> file, UserLog log) {
        this.file = file;
        this.log = log;
    }

    synchronized void add(TaskRef task, AttemptRow row) {
        if (file.isEmpty() || broken) {
            return;
        }
        try {
            if (!begun) {
                begin(file.get());
            }
            Files.writeString(file.get(), line(row.values(task)), StandardOpenOption.APPEND);
        } catch (IOException e) {
            broken = true;
            log.untraceable(file.get(), e);
        }
    }

    private void begin(Path path) throws IOException {
        if (Files.exists(path)) {
            Path earlier = path.resolveSibling(path.getFileName() + ".1");
            Files.move(path, earlier, StandardCopyOption.REPLACE_EXISTING);
        }
        Files.writeString(path, line(AttemptRow.COLUMNS));
        begun = true;
    }

    private static String line(List<String> values) {
        return String.join("\t", values) + "\n";
    }
}
