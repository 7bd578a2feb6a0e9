// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The store of a task that runs, seen from outside. */
record LiveStore(Path path, Path ckpt) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Waits for the task to start. */
    static LiveStore of(String task, Path work, PipelineRun run) throws Exception {
        return of(task, work, work.resolve(".nf-checkpoint/stores"), run);
    }

    /** The same where stores do not lie in the work directory. */
    static LiveStore of(String task, Path work, Path stores, PipelineRun run) throws Exception {
        Path ours = work.resolve(".nf-checkpoint");
        return Await.that("a store of " + task, () -> {
            assertThat(run.process().isAlive()).as(run.text()).isTrue();
            return find(task, stores, ours);
        });
    }

    private static Optional<LiveStore> find(String task, Path stores, Path ours) throws IOException {
        if (!Files.isDirectory(stores)) {
            return Optional.empty();
        }
        for (Path document : files(stores, 3, "task.json")) {
            if (read(document).path("labels").path("task").asText().equals(task)) {
                return Optional.of(new LiveStore(
                        document.getParent(), files(ours, 2, "ckpt").get(0)));
            }
        }
        return Optional.empty();
    }

    /** The work directory of the attempt that runs. */
    Path attempt() throws IOException {
        return Path.of(read(path.resolve("task.json")).path("attemptDir").asText());
    }

    void awaitLines(int count) throws Exception {
        Path lines = attempt().resolve("lines.txt");
        Await.that(
                count + " lines in " + lines, () -> lineCount(lines) >= count ? Optional.of(lines) : Optional.empty());
    }

    /** Takes a checkpoint now. */
    void checkpoint() throws Exception {
        var result = ask();
        assertThat(result.status()).as(result.output()).isZero();
    }

    /** Asks for a checkpoint that is not to be had, and returns why. */
    String refusedCheckpoint() throws Exception {
        var result = ask();
        assertThat(result.status()).as(result.output()).isEqualTo(175);
        return result.output();
    }

    private record Answer(int status, String output) {}

    private Answer ask() throws Exception {
        var process = new ProcessBuilder(ckpt.toString(), "checkpoint", path.toString())
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes());
        return new Answer(process.waitFor(), output);
    }

    /** Inverts one byte in the middle of the largest file of a generation. */
    void damage(int generation) throws IOException {
        Path directory = path.resolve("generations/%06d".formatted(generation));
        Path largest;
        try (Stream<Path> files = Files.list(directory)) {
            largest = files.max(Comparator.comparing(file -> file.toFile().length()))
                    .orElseThrow();
        }
        byte[] content = Files.readAllBytes(largest);
        content[content.length / 2] ^= (byte) 0xff;
        Files.write(largest, content, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /** Waits for the task to be at work again after so many restarts in all. */
    void awaitRestarts(int count, PipelineRun run) throws Exception {
        Path status = path.resolve("status.json");
        Await.that(count + " restarts in " + status, () -> {
            assertThat(run.process().isAlive()).as(run.text()).isTrue();
            return read(status).path("restarts").size() >= count ? Optional.of(status) : Optional.empty();
        });
    }

    /** The lease as the owner's death on another host leaves it. */
    void pretendOwner(String host) throws IOException {
        Path lease = path.resolve("lease");
        var owner = (ObjectNode) read(lease);
        JSON.writeValue(lease.toFile(), owner.put("host", host));
    }

    /** As if it had been taken on a host whose processor can do more. */
    void makeForeign(int generation) throws IOException {
        Path manifest = path.resolve("generations/%06d/manifest.json".formatted(generation));
        var document = (ObjectNode) read(manifest);
        var host = (ObjectNode) document.get("host");
        host.put("name", "elsewhere").put("cpu", host.get("cpu").asText() + " amx_fancy");
        JSON.writeValue(manifest.toFile(), document);
    }

    ProcessHandle supervisor() throws IOException {
        long pid = read(path.resolve("lease")).path("pid").asLong();
        return ProcessHandle.of(pid).orElseThrow();
    }

    List<ProcessHandle> supervisorAndCommand() throws IOException {
        var supervisor = supervisor();
        return Stream.concat(Stream.of(supervisor), supervisor.children()).toList();
    }

    /** SIGKILL to the checkpointer and every process below it at once. */
    void kill() throws Exception {
        var supervisor = supervisor();
        var command = new ArrayList<>(List.of("kill", "-KILL", Long.toString(supervisor.pid())));
        supervisor.descendants().map(ProcessHandle::pid).map(String::valueOf).forEach(command::add);
        assertThat(command).as("a tree").hasSizeGreaterThan(3);
        new ProcessBuilder(command).start().waitFor();
    }

    /** SIGKILL to the processes of one tool. */
    void kill(String tool) throws Exception {
        var command = new ArrayList<>(List.of("kill", "-KILL"));
        supervisor()
                .descendants()
                .filter(process -> process.info().command().orElse("").endsWith("/" + tool))
                .forEach(process -> command.add(Long.toString(process.pid())));
        assertThat(command).as(tool).hasSizeGreaterThan(2);
        new ProcessBuilder(command).start().waitFor();
    }

    private static long lineCount(Path file) throws IOException {
        if (!Files.exists(file)) {
            return 0;
        }
        try (var lines = Files.lines(file)) {
            return lines.count();
        }
    }

    private static JsonNode read(Path document) throws IOException {
        return JSON.readTree(document.toFile());
    }

    private static List<Path> files(Path root, int depth, String name) throws IOException {
        try (var all = Files.walk(root, depth)) {
            return all.filter(path -> path.endsWith(name)).toList();
        } catch (java.io.UncheckedIOException e) {
            // A store came or went meanwhile: whoever waits looks again.
            return List.of();
        }
    }
}
