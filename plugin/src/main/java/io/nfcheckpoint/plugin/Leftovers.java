// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.routes.CheckpointRoutes;
import io.nfcheckpoint.routes.StoreLabels;
import io.nfcheckpoint.routes.StoresSweep;
import io.nfcheckpoint.routes.TaskRef;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import nextflow.Session;
import nextflow.processor.TaskRun;
import nextflow.util.HistoryFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that no store outlives its use: labels tell later runs whose each is, and at its end a run has those of the
 * project removed that nothing can continue any more. Thread-safe.
 */
final class Leftovers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    private static final int WORK_DIGITS = 16;
    private static final Pattern SESSION =
            Pattern.compile("\t(\\p{XDigit}{8}(?:-\\p{XDigit}{4}){3}-\\p{XDigit}{12})\t");

    private final Session session;
    private final String project;
    private final RunLeases leases;
    private final Instant since = Instant.now();
    private final Set<Path> roots = ConcurrentHashMap.newKeySet();
    private final Set<String> done = ConcurrentHashMap.newKeySet();

    /** @param project the directory that the run was started in */
    Leftovers(Session session, Path project, StoreRoot root) {
        this.session = session;
        this.project = project.toString();
        this.leases = RunLeases.take(root.path(), run());
        roots.addAll(root.directories());
    }

    /** What a later run has to know about the store of the task. */
    Map<String, String> labels(TaskRun task, TaskRef ref, StoreRoot root) {
        roots.addAll(root.directories());
        var labels = new LinkedHashMap<String, String>();
        labels.put(StoreLabels.TASK, ref.name());
        labels.put(StoreLabels.PROJECT, project);
        labels.put(StoreLabels.RUN, run());
        labels.put(StoreLabels.DIRECTORY, task.getWorkDir().toString());
        labels.put(StoreLabels.WORK, work(ref));
        return labels;
    }

    void completed(TaskRef ref) {
        done.add(work(ref));
    }

    /** At the beginning and the end of the run. Only one that has succeeded makes what earlier runs began useless. */
    void sweep(CheckpointRoutes routes) {
        routes.sweep(new StoresSweep(
                new ArrayList<>(roots),
                project,
                resumable(),
                leases.alive(),
                session.isSuccess() ? done : Set.of(),
                since));
    }

    @Override
    public void close() {
        leases.close();
    }

    private String run() {
        return session.getUniqueId().toString();
    }

    /** Runs that the history knows. One that does not know this run, or is switched off, tells nothing. */
    private Optional<Set<String>> resumable() {
        try {
            Path history = Path.of(HistoryFile.defaultFileName()).toAbsolutePath();
            Set<String> runs = sessions(Files.readAllLines(history));
            return runs.contains(run()) ? Optional.of(runs) : Optional.empty();
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.debug("No history of runs", e);
            return Optional.empty();
        }
    }

    /** @param history a line for each run, tabs between its fields */
    static Set<String> sessions(List<String> history) {
        var sessions = new HashSet<String>();
        history.forEach(line -> {
            var matcher = SESSION.matcher(line);
            if (matcher.find()) {
                sessions.add(matcher.group(1));
            }
        });
        return sessions;
    }

    /** The name and the script of a task, which do not depend on the run that it belongs to. */
    static String work(TaskRef ref) {
        String script = ref.id().substring(ref.id().indexOf('-') + 1);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest((ref.name() + '\0' + script).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, WORK_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
