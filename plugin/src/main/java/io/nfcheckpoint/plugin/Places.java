// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.routes.Place;
import nextflow.processor.TaskRun;

/** Which machines a task runs on, as far as Nextflow knows: those of an executor, or of a queue of it. */
final class Places {

    private Places() {}

    static Place of(TaskRun task) {
        Object queue = task.getConfig().get("queue");
        return new Place(
                String.valueOf(task.getProcessor().getExecutor().getName()), queue == null ? "" : queue.toString());
    }
}
