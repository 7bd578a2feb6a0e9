// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import net.openhft.hashing.LongHashFunction;

/**
 * Writes stores as docs/image-format.md describes them, with images of random bytes: everything about them is real but
 * that no tree could be rebuilt from them.
 */
public final class StoreFixture {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TIME = "2026-11-22T12:00:00.000Z";
    private static final AtomicInteger INCARNATIONS = new AtomicInteger();

    private final Path store;

    /** When the task was started last: later than in any store that was made before. */
    private final String started =
            Instant.parse(TIME).plusSeconds(INCARNATIONS.incrementAndGet()).toString();

    private final List<Map<String, Object>> restarts = new ArrayList<>();
    private final List<Map<String, Object>> refused = new ArrayList<>();
    private Map<String, String> labels = Map.of("task", "ALIGN (1)");
    private String failure;
    private Map<String, Object> plan;

    private StoreFixture(Path store) {
        this.store = store;
    }

    /** A store of a task that has started and has no generation. */
    public static StoreFixture create(Path store) throws IOException {
        Files.createDirectories(store.resolve("generations"));
        privately(store, "rwx------");
        privately(store.resolve("generations"), "rwx------");
        var fixture = new StoreFixture(store);
        fixture.write(store.resolve("task.json"), fixture.task());
        write(store.resolve("lease"), new byte[0]);
        return fixture.running();
    }

    public Path store() {
        return store;
    }

    /** The supervisor was killed as well, and could not write more. */
    public StoreFixture running() throws IOException {
        return status("running", null);
    }

    public StoreFixture stopped() throws IOException {
        return status("stopped", null);
    }

    public StoreFixture labels(Map<String, String> values) throws IOException {
        labels = values;
        write(store.resolve("task.json"), task());
        return this;
    }

    public StoreFixture ended(int exitStatus) throws IOException {
        return status("ended", exitStatus);
    }

    /** Takes effect with the next state. */
    public StoreFixture restarted(int generation, double runSeconds) {
        restarts.add(ordered("time", started, "generation", generation, "runSeconds", runSeconds));
        return this;
    }

    /** Takes effect with the next state. */
    public StoreFixture refused(int generation, String reason) {
        refused.add(ordered("generation", generation, "reason", reason));
        return this;
    }

    /** The last checkpoint; the command runs on. */
    public StoreFixture failed(String reason) throws IOException {
        failure = reason;
        return running();
    }

    /** An interval that was chosen, all in seconds. */
    public StoreFixture chosen(double interval, double timeBetweenFailures, double cost) throws IOException {
        plan = ordered(
                "intervalSeconds", interval, "auto", true, "mtbfSeconds", timeBetweenFailures, "costSeconds", cost);
        plan.putAll(Map.of("costIsMeasured", true, "minRuntimeSeconds", 0.0));
        return running();
    }

    public StoreFixture generation(int number, double runSeconds) throws IOException {
        Path directory = generationDirectory(number);
        Files.createDirectories(directory);
        privately(directory, "rwx------");
        var files = new ArrayList<Map<String, Object>>();
        long bytes = 0;
        for (String name : List.of("tree.img", "12.img", "12.mem")) {
            byte[] content = new byte[10_000 + name.length()];
            new Random(number * 31L + name.hashCode()).nextBytes(content);
            write(directory.resolve(name), content);
            bytes += content.length;
            files.add(ordered("name", name, "size", content.length, "xxh3", xxh3(content)));
        }
        appear(directory.resolve("manifest.json"), manifest(number, runSeconds, bytes, files));
        return this;
    }

    public void flipByte(int generation, String name) throws IOException {
        Path file = generationDirectory(generation).resolve(name);
        byte[] content = Files.readAllBytes(file);
        content[content.length / 2] ^= 1;
        write(file, content);
    }

    public void truncate(int generation, String name) throws IOException {
        try (var channel = FileChannel.open(generationDirectory(generation).resolve(name), StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
        }
    }

    public void remove(int generation, String name) throws IOException {
        Files.delete(generationDirectory(generation).resolve(name));
    }

    public void replaceManifest(int generation, String text) throws IOException {
        Files.writeString(generationDirectory(generation).resolve("manifest.json"), text);
    }

    public Path generationDirectory(int number) {
        return store.resolve("generations").resolve("%06d".formatted(number));
    }

    /** As the supervisor does: under another name first, for it must appear complete. */
    private void appear(Path file, Map<String, Object> document) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        write(unfinished, document);
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private StoreFixture status(String state, Integer exitStatus) throws IOException {
        var status = ordered(
                "format",
                1,
                "state",
                state,
                "host",
                "node1",
                "pid",
                4711,
                "started",
                started,
                "generation",
                0,
                "restarts",
                restarts,
                "refused",
                refused);
        status.put("failure", failure == null ? null : ordered("time", TIME, "reason", failure));
        status.put("warnings", List.of());
        if (plan != null) {
            status.put("plan", plan);
        }
        status.put("exitStatus", exitStatus);
        appear(store.resolve("status.json"), status);
        return this;
    }

    private Map<String, Object> task() {
        return ordered(
                "format",
                1,
                "id",
                "0123456789abcdef0123456789abcdef",
                "argv",
                List.of("bash", "-ue", "x.sh"),
                "workdir",
                "/data/1",
                "attemptDir",
                "/data/2",
                "incarnation",
                1,
                "labels",
                labels,
                "host",
                "node1",
                "created",
                TIME);
    }

    private Map<String, Object> manifest(int number, double runSeconds, long bytes, List<Map<String, Object>> files) {
        var host = ordered(
                "name", "node1", "machine", "x86_64", "kernel", "6.1", "pageSize", 4096, "vdso", "0123456789abcdef");
        var process = ordered("pid", 12, "name", "bwa", "threads", 4, "residentBytes", 1 << 20);
        return ordered(
                "format",
                1,
                "generation",
                number,
                "created",
                TIME,
                "cause",
                "periodic",
                "runSeconds",
                runSeconds,
                "pauseSeconds",
                0.012,
                "writeSeconds",
                0.8,
                "host",
                host,
                "workdir",
                "/data/1",
                "stdoutBytes",
                1234,
                "stderrBytes",
                0,
                "bytes",
                bytes,
                "processes",
                List.of(process),
                "files",
                files);
    }

    private void write(Path file, Map<String, Object> json) throws IOException {
        write(file, JSON.writeValueAsBytes(json));
    }

    private static void write(Path file, byte[] content) throws IOException {
        Files.write(file, content);
        privately(file, "rw-------");
    }

    private static void privately(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    private static String xxh3(byte[] content) {
        return "%016x".formatted(LongHashFunction.xx3().hashBytes(ByteBuffer.wrap(content)));
    }

    private static Map<String, Object> ordered(Object... keysAndValues) {
        var map = new LinkedHashMap<String, Object>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}
