// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.natives.NativeFiles;
import io.nfcheckpoint.natives.NativeInstaller;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.TaskRef;
import io.nfcheckpoint.routes.WrapDecision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The checkpointer below the work directory of a run, and the command line that starts a task with it. */
final class Installation {

    private static final String RUN_TASK = "run-task";
    private static final String AROUND_TASK = "around-task";
    private static final String ON_TERM = "on-term";
    private static final String ON_TERM_OF_ARRAY = "on-term-of-array";
    static final List<String> SCRIPTS = List.of(RUN_TASK, AROUND_TASK, ON_TERM, ON_TERM_OF_ARRAY);

    private final NativeFiles files;

    private Installation(NativeFiles files) {
        this.files = files;
    }

    /**
     * Unpacks what is not there yet; any number of runs may do so at once.
     *
     * @throws IllegalArgumentException when a library in that directory cannot be preloaded
     */
    static Installation in(Path workDirectory) throws IOException {
        // Both separate the libraries in LD_PRELOAD, and there is no way to escape them.
        if (workDirectory.toString().matches(".*[ :].*")) {
            throw new IllegalArgumentException(
                    "the path of its work directory '%s' has a blank or a colon in it".formatted(workDirectory));
        }
        NativeFiles files = NativeInstaller.install(workDirectory.resolve(Configuration.DIRECTORY));
        var installation = new Installation(files);
        for (String name : SCRIPTS) {
            Path script = installation.script(name);
            byte[] content = resource(name);
            if (!Files.exists(script) || !Arrays.equals(Files.readAllBytes(script), content)) {
                publish(content, script);
            }
        }
        return installation;
    }

    private Path script(String name) {
        return files.ckpt().resolveSibling(name);
    }

    NativeFiles files() {
        return files;
    }

    /**
     * What stands before a task's interpreter, one argument each.
     *
     * @param owner whether an attempt of the task that is still alive is an earlier one of the same, and is to end
     * @param labels what the store is to tell about itself
     * @param timeLimit of the attempt, where only we can know it
     * @param scratch the task works in a directory that ends with the attempt: what lies there has to be copied
     */
    List<String> command(
            WrapDecision.Wrap wrap,
            TaskRef task,
            boolean owner,
            Map<String, String> labels,
            Optional<Duration> timeLimit,
            boolean scratch) {
        // Through sh, because the work directory may be mounted without permission to execute.
        var words = new ArrayList<>(List.of(
                "/bin/sh", script(RUN_TASK).toString(), "--dir", task.store().toString()));
        if (owner) {
            words.add("--take-over");
        }
        words.addAll(options(wrap.policy()));
        wrap.timeBetweenFailures().ifPresent(time -> words.addAll(List.of("--mtbf", time(time))));
        timeLimit.ifPresent(limit -> words.addAll(List.of("--time-limit", time(limit))));
        if (scratch) {
            words.addAll(List.of("--by-reference", "none"));
        }
        labels.forEach((key, value) -> words.addAll(List.of("--label", key + "=" + printable(value))));
        words.addAll(List.of("--label", "attempt=" + UUID.randomUUID()));
        wrap.generation().ifPresent(number -> words.addAll(List.of("--generation", number.toString())));
        if (wrap.fresh()) {
            words.add("--fresh");
        }
        words.add("--");
        return words;
    }

    private static List<String> options(CheckpointPolicy policy) {
        var words = new ArrayList<String>();
        words.addAll(List.of(
                "--interval", policy.interval().fixed().map(Installation::time).orElse("auto")));
        words.addAll(List.of("--keep", Integer.toString(policy.keep())));
        words.addAll(List.of("--grace", time(policy.grace())));
        if (!policy.minRuntime().isZero()) {
            words.addAll(List.of("--min-runtime", time(policy.minRuntime())));
        }
        if (policy.maxSize() > 0) {
            words.addAll(List.of("--max-size", Long.toString(policy.maxSize())));
        }
        if (!policy.signals().isEmpty()) {
            words.addAll(List.of("--signal", String.join(",", policy.signals())));
        }
        if (!policy.refreshEnv().equals(CheckpointPolicy.DEFAULTS.refreshEnv())) {
            words.addAll(List.of("--refresh-env", String.join(",", policy.refreshEnv())));
        }
        return words;
    }

    private static String time(Duration time) {
        return time.toMillis() + "ms";
    }

    /**
     * A line for the script around a task: when that is asked to end, as by a time limit or Ctrl-C, the task is
     * checkpointed before it is ended with all it has started.
     *
     * @param grace how long that may take; Slurm sends its signal 30 s before it kills
     */
    String lastCheckpoint(TaskRef task, Duration grace) {
        return "source %s %s %s"
                .formatted(
                        LaunchCommand.escape(script(AROUND_TASK).toString()),
                        LaunchCommand.escape(task.store().toString()),
                        time(grace));
    }

    /** The same for the script of a job array, which passes the request on to the task it has started. */
    String lastCheckpointInArray() {
        return "source " + LaunchCommand.escape(script(ON_TERM_OF_ARRAY).toString());
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", " ");
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Installation.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    private static void publish(byte[] content, Path target) throws IOException {
        Path unfinished = Files.createTempFile(target.getParent(), ".unfinished-", "");
        try {
            Files.write(unfinished, content);
            Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }
}
