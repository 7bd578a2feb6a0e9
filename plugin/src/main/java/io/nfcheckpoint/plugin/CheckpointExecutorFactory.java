// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.util.function.BiConsumer;
import java.util.function.Consumer;
import nextflow.Session;
import nextflow.executor.Executor;
import nextflow.executor.ExecutorFactory;
import nextflow.processor.TaskRun;
import nextflow.script.BodyDef;
import nextflow.script.ProcessConfig;
import org.pf4j.PluginManager;
import org.slf4j.Logger;

/** Creates every executor of a run as one that shows its tasks to a hook; see {@link ExecutorSubclass}. */
final class CheckpointExecutorFactory extends ExecutorFactory {

    private static final Logger LOG = Console.LOG;

    private final Consumer<TaskRun> hook;
    private final BiConsumer<String, ProcessConfig> processCheck;

    /**
     * @param hook called for each task before its handler is created; must not throw
     * @param processCheck called for each process before any task starts; what it throws ends the run
     */
    CheckpointExecutorFactory(
            PluginManager plugins, Consumer<TaskRun> hook, BiConsumer<String, ProcessConfig> processCheck) {
        super(plugins);
        this.hook = hook;
        this.processCheck = processCheck;
    }

    @Override
    public Executor getExecutor(String processName, ProcessConfig config, BodyDef script, Session session) {
        processCheck.accept(processName, config);
        return super.getExecutor(processName, config, script, session);
    }

    @Override
    protected Executor createExecutor(Class<? extends Executor> type, String name, Session session) {
        Class<? extends Executor> hooked;
        try {
            hooked = ExecutorSubclass.of(type);
        } catch (RuntimeException | LinkageError e) {
            LOG.warn("Executor '{}' cannot be watched: its tasks run without checkpoints ({})", name, e.getMessage());
            return super.createExecutor(type, name, session);
        }
        Executor executor = super.createExecutor(hooked, name, session);
        ExecutorSubclass.setHook(executor, hook);
        return executor;
    }
}
