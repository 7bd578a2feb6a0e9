// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.nio.file.Path;
import nextflow.Session;
import nextflow.processor.TaskHandler;
import nextflow.processor.TaskProcessor;
import nextflow.trace.TraceObserver;
import nextflow.trace.TraceRecord;

/**
 * Tells the run what happens to its tasks. Observers of the first kind, because all versions from 24.10 on have them;
 * Nextflow logs what they throw and goes on.
 */
final class CheckpointObserver implements TraceObserver {

    private final PreparedRun<CheckpointRun> run;

    CheckpointObserver(PreparedRun<CheckpointRun> run) {
        this.run = run;
    }

    @Override
    public void onProcessSubmit(TaskHandler handler, TraceRecord trace) {
        run.get().ifPresent(prepared -> prepared.submitted(handler));
    }

    @Override
    public void onProcessStart(TaskHandler handler, TraceRecord trace) {
        run.get().ifPresent(prepared -> prepared.started(handler.getTask()));
    }

    @Override
    public void onProcessComplete(TaskHandler handler, TraceRecord trace) {
        run.get().ifPresent(prepared -> prepared.ended(handler.getTask()));
    }

    @Override
    public void onFlowComplete() {
        run.get().ifPresent(CheckpointRun::close);
    }

    @Override
    public boolean enableMetrics() {
        return false;
    }

    @Override
    public void onFlowCreate(Session session) {}

    @Override
    public void onFlowBegin() {}

    @Override
    public void onProcessCreate(TaskProcessor process) {}

    @Override
    public void onProcessTerminate(TaskProcessor process) {}

    @Override
    public void onProcessPending(TaskHandler handler, TraceRecord trace) {}

    @Override
    public void onProcessCached(TaskHandler handler, TraceRecord trace) {}

    @Override
    public void onFlowError(TaskHandler handler, TraceRecord trace) {}

    @Override
    public void onWorkflowPublish(Object value) {}

    @Override
    public void onFilePublish(Path destination) {}

    @Override
    public void onFilePublish(Path destination, Path source) {}
}
