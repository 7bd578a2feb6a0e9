// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.Checkpointer;
import io.nfcheckpoint.routes.CheckpointRoutes;
import io.nfcheckpoint.routes.Settings;

/** Runs the routes in a Camel context. */
public final class CamelCheckpointRoutes {

    private CamelCheckpointRoutes() {}

    public static CheckpointRoutes start(Checkpointer checkpointer, Settings settings) {
        throw new IllegalStateException("the routes cannot be started yet");
    }
}
