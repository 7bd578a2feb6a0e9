// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What is logged while it is open; the test logger writes each line to the standard error of the moment. */
final class LogCapture implements AutoCloseable {

    static final String LOGGER = "user";

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final PrintStream before = System.err;
    private final Written bytes = new Written();

    LogCapture() {
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    }

    /** Lines for the user, such as {@code INFO ALIGN (1) starts again}. */
    List<String> lines() {
        return lines(LOGGER);
    }

    /** Lines that are for the log only. */
    List<String> linesOfTheLog() {
        return lines("io.nfcheckpoint.routes");
    }

    private List<String> lines(String logger) {
        return bytes.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains(" " + logger + " - "))
                .map(line -> line.replaceFirst("^.*?(INFO|WARN|ERROR) " + logger + " - ", "$1 "))
                .toList();
    }

    /** @return the lines for the user as soon as there are that many */
    List<String> awaitLines(int count) throws InterruptedException {
        var end = Instant.now().plus(LIMIT);
        synchronized (bytes) {
            while (lines().size() < count && Instant.now().isBefore(end)) {
                bytes.wait(LIMIT.toMillis());
            }
        }
        return lines();
    }

    @Override
    public void close() {
        System.setErr(before);
        before.print(bytes.toString(StandardCharsets.UTF_8));
    }

    /** Whoever waits for more is told. */
    private static final class Written extends ByteArrayOutputStream {

        @Override
        public synchronized void write(int one) {
            super.write(one);
            notifyAll();
        }

        @Override
        public synchronized void write(byte[] from, int offset, int length) {
            super.write(from, offset, length);
            notifyAll();
        }
    }
}
