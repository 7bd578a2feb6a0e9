// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.util.Objects;

/** A wrapped task ended with success: its store is needed no more. */
public record TaskCompleted(TaskRef task) {

    public TaskCompleted {
        Objects.requireNonNull(task, "task");
    }
}
