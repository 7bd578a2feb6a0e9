// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.util.Objects;

/** An attempt of a wrapped task runs. */
public record TaskStarted(TaskRef task) {

    public TaskStarted {
        Objects.requireNonNull(task, "task");
    }
}
