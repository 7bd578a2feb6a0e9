// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@code nextflow run} that was started. Closing it ends it if it still runs. */
record PipelineRun(Process process, Path output) implements AutoCloseable {

    private static final int LIMIT_SECONDS = 150;

    /** @return the exit status */
    int await() throws InterruptedException {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("Nextflow runs longer than %d s, see %s".formatted(LIMIT_SECONDS, output));
        }
        return process.exitValue();
    }

    /** As on the terminal that it was started in: its foreground, tasks and all, gets SIGINT. */
    void typeCtrlC() throws IOException {
        process.getOutputStream().write(3);
        process.getOutputStream().flush();
    }

    String text() throws IOException {
        return Files.readString(output);
    }

    /** Names of the tasks that Nextflow says it did this with: {@code Submitted}, {@code Cached}, ... */
    List<String> tasks(String what) throws IOException {
        String mark = "] " + what + " process > ";
        return text().lines()
                .filter(line -> line.contains(mark))
                .map(line -> line.substring(line.indexOf(mark) + mark.length()))
                .sorted()
                .toList();
    }

    @Override
    public void close() {
        process.destroy();
    }
}
