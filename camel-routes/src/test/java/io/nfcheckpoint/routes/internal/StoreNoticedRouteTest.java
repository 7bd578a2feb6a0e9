// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.Checkpointer;
import io.nfcheckpoint.natives.Natives;
import io.nfcheckpoint.natives.StoreFixture;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.CheckpointRoutes;
import io.nfcheckpoint.routes.Interval;
import io.nfcheckpoint.routes.Place;
import io.nfcheckpoint.routes.Settings;
import io.nfcheckpoint.routes.TaskCompleted;
import io.nfcheckpoint.routes.TaskPending;
import io.nfcheckpoint.routes.TaskRef;
import io.nfcheckpoint.routes.TaskStarted;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.builder.NotifyBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreNoticedRouteTest {

    /** What {@link #awaitAnotherLook} adds. */
    private static final int MARKERS = 1;

    @TempDir
    Path directory;

    private final AtomicInteger inspections = new AtomicInteger();
    private Path root;
    private TaskRef task;
    private CamelCheckpointRoutes routes;

    @BeforeEach
    void start() {
        // A name that an endpoint address would trip over, and a directory that appears later.
        root = directory.resolve("stores of 50%+1 & a ?recursive=false");
        task = new TaskRef("a1b2", "ALIGN (1)", root.resolve("a1/b2"));
        routes = (CamelCheckpointRoutes) CheckpointRoutes.start(
                countInspections(Natives.checkpointer()),
                Settings.of(root, LogCapture.LOGGER).withPoll(Duration.ofMillis(20)));
    }

    @AfterEach
    void stop() {
        routes.close();
    }

    @Test
    void noticesEachGenerationOfARunningTaskOnce() throws IOException {
        run(task);
        var first = noticed(task, 1);
        var store = StoreFixture.create(task.store()).generation(1, 31.5);
        await(first);
        var second = noticed(task, 2);
        store.generation(2, 62.25);
        await(second);
        awaitAnotherLook();

        assertThat(routes.ending().generations()).isEqualTo(2 + MARKERS);
    }

    @Test
    void noticesGenerationsInTheirOrder() throws IOException {
        var store = StoreFixture.create(task.store());
        for (int number = 8; number >= 1; number--) {
            store.generation(number, number);
            Path manifest = store.generationDirectory(number).resolve("manifest.json");
            Files.setLastModifiedTime(manifest, FileTime.fromMillis(1_700_000_000_000L + number));
        }
        try (var log = new LogCapture()) {
            var last = noticed(task, 8);
            run(task);
            await(last);

            assertThat(log.linesOfTheLog())
                    .filteredOn(line -> line.contains("has generation"))
                    .extracting(line -> line.replaceFirst(".*has generation (\\d+).*", "$1"))
                    .containsExactly("1", "2", "3", "4", "5", "6", "7", "8");
        }
    }

    @Test
    void tellsTheUserOnceWhyThereIsNoCheckpoint() throws Exception {
        var other = new TaskRef("c3d4", "ALIGN (2)", root.resolve("c3/d4"));
        var linked = StoreFixture.create(task.store()).failed("process 7 (aln) is statically linked");
        var tooLarge = StoreFixture.create(other.store()).failed("process 9 (aln) is statically linked");
        try (var log = new LogCapture()) {
            var first = noticed(linked);
            run(task);
            await(first);
            var second = noticed(tooLarge);
            run(other);
            await(second);
            tooLarge.failed("it takes 9 MiB, checkpoint.maxSize allows 8 MiB");

            assertThat(log.awaitLines(2))
                    .containsExactly(
                            "WARN ALIGN (1): no checkpoint: process 7 (aln) is statically linked; it runs on, and would "
                                    + "start from the beginning if it failed",
                            "WARN ALIGN (2): no checkpoint: it takes 9 MiB, checkpoint.maxSize allows 8 MiB; it runs on, and "
                                    + "would start from the beginning if it failed");
        }
    }

    @Test
    void tellsAtOnceAndOnceWhatTheHostRefused() throws Exception {
        StoreFixture.create(task.store()).refused(9, "of an attempt before").ended(1);
        try (var log = new LogCapture()) {
            run(task);
            var store = StoreFixture.create(task.store()).refused(2, "why").refused(1, "why");
            store.running();
            var lines = log.awaitLines(1);
            var notice = noticed(store);
            store.failed("it is statically linked");
            await(notice);
            routes.completed(new TaskCompleted(task));

            assertThat(lines)
                    .containsExactly(
                            "WARN ALIGN (1) could not continue from generation 2 or generation 1: why; it began"
                                    + " again");
            assertThat(log.lines().stream().filter(line -> line.contains("could not continue")))
                    .hasSize(1);
        }
    }

    @Test
    void readsOnlyTheStatusForTheIntervalThatWasChosen() throws Exception {
        var auto = CheckpointPolicy.builder().interval(Interval.AUTO).build();
        routes.pending(new TaskPending(task, auto, true, 1, root, Place.UNKNOWN));
        routes.started(new TaskStarted(task));
        var notice = noticed(task, 1);
        try (var log = new LogCapture()) {
            StoreFixture.create(task.store()).chosen(372, 34_800, 2.1).generation(1, 31.5);
            await(notice);

            assertThat(log.linesOfTheLog())
                    .filteredOn(line -> line.contains("has generation"))
                    .singleElement()
                    .asString()
                    .endsWith(
                            "; one every 6 min 12 s, as one takes 2.1 s and an interruption is expected in 9 h 40 min");
        }
        assertThat(inspections).hasValue(0);
    }

    @Test
    void leavesNothingBehindInAStore() throws IOException {
        run(task);
        var notice = noticed(task, 1);
        var store = StoreFixture.create(task.store()).generation(1, 31.5);
        await(notice);

        try (var files = Files.list(store.generationDirectory(1))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("manifest.json", "tree.img", "12.img", "12.mem");
        }
        assertThat(names(store.store())).containsExactlyInAnyOrder("generations", "lease", "status.json", "task.json");
    }

    @Test
    void looksOnlyAtStoresOfRunningTasks() throws IOException {
        var completed = new TaskRef("c3d4", "ALIGN (2)", root.resolve("c3/d4"));
        run(completed);
        routes.completed(new TaskCompleted(completed));
        StoreFixture.create(completed.store()).generation(1, 31.5);
        StoreFixture.create(root.resolve("e5/f6")).generation(1, 31.5);
        run(task);
        var notice = noticed(task, 1);
        StoreFixture.create(task.store()).generation(1, 31.5);
        await(notice);
        awaitAnotherLook();

        assertThat(routes.ending().generations()).isEqualTo(1 + MARKERS);
    }

    @Test
    void stopsAtOnceWhileStoresComeAndGo() throws IOException {
        run(task);
        var notice = noticed(task, 1);
        StoreFixture.create(task.store()).generation(1, 31.5);
        await(notice);
        routes.completed(new TaskCompleted(task));

        long start = System.nanoTime();
        routes.close();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    }

    private Checkpointer countInspections(Checkpointer checkpointer) {
        return (Checkpointer) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Checkpointer.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("inspect")) {
                        inspections.incrementAndGet();
                    }
                    try {
                        return method.invoke(checkpointer, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private void run(TaskRef ref) {
        routes.pending(new TaskPending(ref, CheckpointPolicy.DEFAULTS, true, 1, root, Place.UNKNOWN));
        routes.started(new TaskStarted(ref));
    }

    /** A generation of another task, seen by a later look than all before it. */
    private void awaitAnotherLook() throws IOException {
        var marker = new TaskRef("ff", "MARKER", root.resolve("ff/ff"));
        run(marker);
        var notice = noticed(marker, 1);
        StoreFixture.create(marker.store()).generation(1, 1);
        await(notice);
        routes.completed(new TaskCompleted(marker));
    }

    private NotifyBuilder noticed(TaskRef ref, int generation) {
        return seen(ref.store().resolve("generations/%06d/manifest.json".formatted(generation)));
    }

    /** Its status. */
    private NotifyBuilder noticed(StoreFixture store) {
        return seen(store.store().resolve("status.json"));
    }

    private NotifyBuilder seen(Path file) {
        return new NotifyBuilder(routes.context())
                .filter(exchange ->
                        file.toString().equals(exchange.getMessage().getHeader(Exchange.FILE_PATH, String.class)))
                .whenDone(1)
                .create();
    }

    private static void await(NotifyBuilder notice) {
        assertThat(notice.matches(20, TimeUnit.SECONDS)).as("noticed in time").isTrue();
    }

    private static List<String> names(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
