// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.routes.Evidence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import nextflow.processor.TaskRun;

/** What Nextflow knows about the end of an attempt, besides its exit status. */
final class FailedAttempt {

    /** How executors say it that watch the time themselves. */
    private static final String TIME_IS_OVER = "Process exceeded running time limit";

    private static final int LAST_BYTES = 4096;

    private FailedAttempt() {}

    static Evidence evidence(TaskRun task) {
        var memory = task.getConfig().getMemory();
        return new Evidence(
                isTimedOut(task),
                TimeLimits.of(task),
                memory == null ? OptionalLong.empty() : OptionalLong.of(memory.toBytes()),
                // Batch systems write into the log what they have done to the job.
                end(task.getWorkDir().resolve(TaskRun.CMD_ERRFILE))
                        + end(task.getWorkDir().resolve(TaskRun.CMD_LOG)));
    }

    private static boolean isTimedOut(TaskRun task) {
        return task.getConfig().get("previousException") instanceof Throwable cause
                && String.valueOf(cause.getMessage()).startsWith(TIME_IS_OVER);
    }

    private static String end(Path file) {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            channel.position(Math.max(0, channel.size() - LAST_BYTES));
            var bytes = ByteBuffer.allocate(LAST_BYTES);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                continue;
            }
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // The attempt got no further than that.
            return "";
        }
    }
}
