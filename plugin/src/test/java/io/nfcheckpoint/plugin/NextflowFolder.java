// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.ZipInputStream;

/** A folder to run pipelines in, with a real Nextflow and the plugin's zip unpacked where Nextflow looks for it. */
final class NextflowFolder {

    static final String PLUGIN = "nf-checkpoint@0.1.0";

    private static final Path MODULE =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath();

    private static final Path LAUNCHER = MODULE.resolve("nextflow/nextflow");

    private final String version;
    private final Path path;
    private String parser = "v1";
    private List<String> surroundings = List.of();

    private NextflowFolder(String version, Path path) {
        this.version = version;
        this.path = path;
    }

    /** An empty one; what an earlier test left there is removed, what this one leaves stays for people to look at. */
    static NextflowFolder create(String test, String version) throws IOException, InterruptedException {
        fetch(version);
        Path path = MODULE.resolve("target/nextflow-runs").resolve(test + "-" + version);
        removeTree(path);
        unzip(MODULE.resolve("target/nf-checkpoint-0.1.0.zip"), path.resolve("home/plugins/nf-checkpoint-0.1.0"));
        return new NextflowFolder(version, path);
    }

    /** The first time this downloads Nextflow, which may take longer than any run. */
    private static void fetch(String version) throws IOException, InterruptedException {
        int status = new ProcessBuilder(LAUNCHER.toString(), version, "--resolve")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("Nextflow " + version + " could not be fetched");
        }
    }

    /** With the stricter parser, where there are two; it warns of settings that nobody has declared. */
    NextflowFolder strict() {
        parser = "v2";
        return this;
    }

    /**
     * Nextflow, and all that it starts, get no mount namespaces. They are counted for each user namespace, so a new one can
     * have a limit of its own.
     */
    NextflowFolder withoutMountNamespaces() {
        surroundings = List.of(
                "unshare",
                "--user",
                "--map-current-user",
                "--keep-caps",
                "sh",
                "-c",
                "echo 0 > /proc/sys/user/max_mnt_namespaces && exec setpriv --inh-caps=-all --ambient-caps=-all \"$@\"",
                "sh");
        return this;
    }

    /** What belongs to others is closed to root, as to any user. It keeps what the kernel asks of it in a user namespace. */
    NextflowFolder withoutPrivileges() {
        surroundings = List.of("setpriv", "--inh-caps=-all", "--bounding-set=-all,+setfcap");
        return this;
    }

    /** All of it, with Nextflow's history, under another name; nothing is left under the old one. */
    NextflowFolder moved() throws IOException {
        Path target = path.resolveSibling(path.getFileName() + "-moved");
        removeTree(target);
        return new NextflowFolder(version, Files.move(path, target));
    }

    Path path() {
        return path;
    }

    /**
     * Starts {@code nextflow run} on a pipeline of the tests.
     *
     * @param name of the files with the log and the output
     */
    PipelineRun start(String pipeline, String name, String... arguments) throws IOException {
        return launch(name, run(pipeline, name, arguments));
    }

    /** The same in a terminal of its own. */
    PipelineRun startInTerminal(String pipeline, String name, String... arguments) throws IOException {
        String command = run(pipeline, name, arguments).stream()
                .map(LaunchCommand::escape)
                .collect(Collectors.joining(" "));
        // Whoever runs the tests in the background of a script has interrupts ignored, and all that they start with
        // them.
        return launch(name, List.of("script", "-qefc", "exec env --default-signal=INT " + command, "/dev/null"));
    }

    private List<String> run(String pipeline, String name, String... arguments) {
        var words = new ArrayList<>(List.of(
                "run", MODULE.resolve("src/test/pipelines").resolve(pipeline).toString(), "-ansi-log", "false"));
        words.addAll(List.of(arguments));
        return command(name, words);
    }

    /** Starts another command of Nextflow, which also names the files with the log and the output. */
    PipelineRun call(String... words) throws IOException {
        return launch(words[0], command(words[0], List.of(words)));
    }

    private List<String> command(String name, List<String> words) {
        var command = new ArrayList<>(surroundings);
        command.addAll(List.of(LAUNCHER.toString(), version, "-log", name + ".log"));
        command.addAll(words);
        return command;
    }

    private PipelineRun launch(String name, List<String> command) throws IOException {
        Path output = path.resolve(name + ".out");
        var builder = new ProcessBuilder(command).directory(path.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("NXF_"));
        builder.environment().put("NXF_SYNTAX_PARSER", parser);
        builder.environment().put("NXF_HOME", path.resolve("home").toString());
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        return new PipelineRun(builder.start(), output);
    }

    private static void unzip(Path zip, Path target) throws IOException {
        try (InputStream file = Files.newInputStream(zip);
                var in = new ZipInputStream(file)) {
            for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                Path to = target.resolve(entry.getName());
                Files.createDirectories(entry.isDirectory() ? to : to.getParent());
                if (!entry.isDirectory()) {
                    Files.copy(in, to);
                }
            }
        }
    }

    private static void removeTree(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (var all = Files.walk(path)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).collect(Collectors.toList())) {
                Files.deleteIfExists(each);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
