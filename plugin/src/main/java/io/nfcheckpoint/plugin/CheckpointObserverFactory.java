// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.UnusableRoutesException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import nextflow.Session;
import nextflow.exception.AbortOperationException;
import nextflow.plugin.Plugins;
import nextflow.script.ProcessConfig;
import nextflow.trace.TraceObserver;
import nextflow.trace.TraceObserverFactory;
import org.slf4j.Logger;

/**
 * The way in: Nextflow calls it once per run, right after it has made its executor factory and before it knows any
 * process.
 */
public final class CheckpointObserverFactory implements TraceObserverFactory {

    private static final Logger LOG = Console.LOG;

    /** @throws AbortOperationException when the configuration is wrong: the run ends before any task starts */
    @Override
    public Collection<TraceObserver> create(Session session) {
        Path base = Path.of("").toAbsolutePath();
        CheckpointPolicy policy = refuse(() -> Configuration.ofRun(session.getConfig(), session.getWorkDir(), base));
        if (!policy.enabled()) {
            return List.of();
        }
        if (session.getWorkDir().getFileSystem() != FileSystems.getDefault()) {
            LOG.warn("The run has no checkpoints: its work directory is no directory of this host");
            return List.of();
        }
        try {
            var run = CheckpointRun.start(session, policy, base);
            session.setExecutorFactory(new CheckpointExecutorFactory(
                    Plugins.getManager(), run::beforeTask, (name, config) -> check(run, name, config)));
            return List.of(new CheckpointObserver(run));
        } catch (UnusableRoutesException e) {
            throw new AbortOperationException("nf-checkpoint: " + e.getMessage(), e);
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.warn("The run has no checkpoints: {}", e.getMessage());
            LOG.debug("The cause", e);
            return List.of();
        }
    }

    private static void check(CheckpointRun run, String process, ProcessConfig config) {
        refuse(() -> {
            run.check(process, config);
            return null;
        });
    }

    private static <T> T refuse(java.util.function.Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new AbortOperationException("nf-checkpoint: " + e.getMessage(), e);
        }
    }
}
