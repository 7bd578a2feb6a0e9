// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.GenerationManifest;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.Interval;
import io.nfcheckpoint.routes.Settings;
import io.nfcheckpoint.routes.TaskRef;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.LoggingLevel;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.file.FileComponent;
import org.apache.camel.component.file.FileEndpoint;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileConfiguration;
import org.apache.camel.support.ExpressionAdapter;
import org.apache.camel.support.processor.idempotent.MemoryIdempotentRepository;

/**
 * A generation of a running task is noticed when its manifest appears, a checkpoint that failed, or an image that was
 * refused, when the task's status changes.
 *
 * <p>One consumer looks at all stores: it only lists directories, those of running tasks, and reads each file once for
 * each time of modification. It writes and locks nothing.
 */
final class StoreNoticedRoute extends RouteBuilder {

    private static final String MANIFEST = "manifest.json";
    private static final String STATUS = Stores.STATUS;
    private static final String GENERATIONS = "generations";

    /** Files that are remembered as seen: far more than the stores of running tasks hold at a time. */
    private static final int REMEMBERED = 100_000;

    private final Settings settings;
    private final TaskLedger ledger;
    private final Events events;
    private final FailedCheckpoints failed;
    private final UserLog log;

    StoreNoticedRoute(Settings settings, TaskLedger ledger, Events events, UserLog log) {
        this.settings = settings;
        this.ledger = ledger;
        this.events = events;
        this.failed = new FailedCheckpoints(log);
        this.log = log;
    }

    @Override
    public void configure() {
        from(files())
                .routeId("store-noticed")
                .choice()
                .when(exchange -> file(exchange).endsWith(STATUS))
                .process(this::noticeStatus)
                .otherwise()
                .process(this::noticeGeneration);
    }

    /** Built by hand, for a directory may have any name and an address may not. */
    private FileEndpoint files() {
        var configuration = new GenericFileConfiguration();
        configuration.setDirectory(settings.storeRoot().toString());
        var endpoint = new FileEndpoint("file:stores", getContext().getComponent("file", FileComponent.class));
        endpoint.setFile(settings.storeRoot().toFile());
        endpoint.setConfiguration(configuration);
        endpoint.setAutoCreate(false);
        endpoint.setRecursive(true);
        endpoint.setNoop(true);
        endpoint.setReadLock("none");
        endpoint.setIdempotent(true);
        endpoint.setIdempotentRepository(MemoryIdempotentRepository.memoryIdempotentRepository(REMEMBERED));
        endpoint.setIdempotentKey(new ModifiedFile());
        endpoint.setFilter(this::belongsToRunningTask);
        // A directory is listed in any order; two generations may have come since the last look.
        endpoint.setSorter(Comparator.comparingLong(GenericFile::getLastModified));
        endpoint.setInitialDelay(settings.poll().toMillis());
        endpoint.setDelay(settings.poll().toMillis());
        endpoint.setRunLoggingLevel(LoggingLevel.OFF);
        return endpoint;
    }

    private boolean belongsToRunningTask(GenericFile<File> candidate) {
        Path path = candidate.getFile().toPath();
        if (candidate.isDirectory()) {
            return ledger.watchedTask(path).isPresent()
                    || path.endsWith(GENERATIONS) && isRunning(path.getParent())
                    || isInGenerations(path)
                    || ledger.isAboveWatchedStore(path);
        }
        return path.endsWith(MANIFEST) && isInGenerations(path.getParent())
                || path.endsWith(STATUS) && isRunning(path.getParent());
    }

    private boolean isInGenerations(Path directory) {
        Path parent = directory.getParent();
        return parent != null && parent.endsWith(GENERATIONS) && isRunning(parent.getParent());
    }

    private boolean isRunning(Path store) {
        return store != null && ledger.watchedTask(store).isPresent();
    }

    /**
     * Of the interval, which changes with what checkpoints take. There may be many generations: of the store only the status
     * is read.
     */
    private Optional<StoreStatus.Plan> chosen(TaskRef task) {
        return ledger.policy(task)
                .filter(policy -> policy.interval().equals(Interval.AUTO))
                .flatMap(policy -> Stores.writtenStatus(task.store()))
                .flatMap(StoreStatus::plan);
    }

    private static Path file(Exchange exchange) {
        return ((File) exchange.getMessage().getBody(GenericFile.class).getFile()).toPath();
    }

    private void noticeStatus(Exchange exchange) throws IOException {
        Path file = file(exchange);
        Optional<TaskRef> task = ledger.watchedTask(file.getParent());
        if (task.isEmpty()) {
            return;
        }
        try {
            var status = StoreStatus.parse(Files.readString(file));
            ledger.refused(file.getParent(), status).ifPresent(refused -> log.refused(task.get(), refused));
            failed.notice(task.get(), status);
        } catch (NoSuchFileException e) {
            log.vanished(file);
        }
    }

    private void noticeGeneration(Exchange exchange) throws IOException {
        Path manifest = file(exchange);
        Path store = manifest.getParent().getParent().getParent();
        var task = ledger.watchedTask(store);
        try {
            var generation = GenerationManifest.parse(Files.readString(manifest));
            var attempt = ledger.noticed(store, generation);
            task.ifPresent(ref -> log.generation(ref.name(), generation, chosen(ref)));
            attempt.ifPresent(known -> task.ifPresent(ref -> events.generation(ref, known, generation)));
        } catch (NoSuchFileException e) {
            log.vanished(manifest);
        }
    }

    /** A file as it was written last. */
    private static final class ModifiedFile extends ExpressionAdapter {

        @Override
        public Object evaluate(Exchange exchange) {
            var message = exchange.getMessage();
            return message.getHeader(Exchange.FILE_PATH) + "@" + message.getHeader(Exchange.FILE_LAST_MODIFIED);
        }
    }
}
