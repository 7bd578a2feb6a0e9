// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.routes.CheckpointPolicy;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import nextflow.Session;
import nextflow.exception.AbortOperationException;
import nextflow.plugin.Plugins;
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
        var run = PreparedRun.begin(() -> CheckpointRun.start(session, policy, base));
        session.setExecutorFactory(new CheckpointExecutorFactory(
                Plugins.getManager(),
                task -> run.get().ifPresent(prepared -> prepared.beforeTask(task)),
                (name, config) -> refuse(() -> {
                    Configuration.check(name, config.get("ext"), policy, base);
                    run.requireSound();
                    return null;
                })));
        return List.of(new CheckpointObserver(run));
    }

    private static <T> T refuse(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new AbortOperationException("nf-checkpoint: " + e.getMessage(), e);
        }
    }
}
