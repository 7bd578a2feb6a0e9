// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.natives.CheckpointException;
import io.nfcheckpoint.natives.Checkpointer;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.natives.StoreView;
import io.nfcheckpoint.routes.TaskRef;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import nextflow.executor.AbstractGridExecutor;
import nextflow.processor.TaskRun;
import org.slf4j.Logger;

/**
 * What an earlier run of Nextflow, which was killed, has left with a batch system: jobs that still run, and that nobody
 * waits for any more.
 */
final class EarlierRun {

    private static final Logger LOG = Console.LOG;

    /** As {@code run-task} notes it in the store. */
    private static final String JOB = "job";

    private EarlierRun() {}

    /** The task is about to be submitted: its job of an earlier run is cancelled, which it is to end with an image. */
    static void endJob(TaskRun task, TaskRef ref, Checkpointer checkpointer) {
        if (task.getProcessor().getExecutor() instanceof AbstractGridExecutor executor) {
            jobOf(ref, checkpointer).ifPresent(job -> {
                LOG.info("{}: job {} of an earlier run is cancelled, and continued in a new one", ref.name(), job);
                executor.killTask(job);
            });
        }
    }

    private static Optional<String> jobOf(TaskRef ref, Checkpointer checkpointer) {
        try {
            return runningJob(checkpointer.inspect(ref.store()), System.getenv());
        } catch (CheckpointException e) {
            return Optional.empty();
        }
    }

    /**
     * The job that a task runs in, or may have died in without a word.
     *
     * @param environment of this process, which may itself be the job that local tasks were run in
     */
    static Optional<String> runningJob(StoreView store, Map<String, String> environment) {
        boolean runs = store.status()
                .filter(status -> status.state().equals(StoreStatus.RUNNING))
                .isPresent();
        return store.task()
                .filter(task -> runs)
                .map(task -> task.labels().get(JOB))
                .filter(job -> Stream.of("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")
                        .map(environment::get)
                        .noneMatch(job::equals));
    }
}
