// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.CheckpointException;
import io.nfcheckpoint.natives.Checkpointer;
import java.nio.file.Path;
import java.util.ArrayList;

/** Looks for the newest generation that can be restarted from. */
final class GenerationVerifier {

    private final Checkpointer checkpointer;

    GenerationVerifier(Checkpointer checkpointer) {
        this.checkpointer = checkpointer;
    }

    /** Older generations than the first usable one are not read: there may be many gigabytes of them. */
    Failure verify(Failure failure) {
        var results = new ArrayList<Verification>();
        for (int generation : failure.generations()) {
            var result = verify(failure, generation);
            results.add(result);
            if (result.isUsable()) {
                break;
            }
        }
        return failure.with(results);
    }

    private Verification verify(Failure failure, int generation) {
        if (failure.isSpent(generation)) {
            return Verification.spent(generation);
        }
        Path store = failure.event().task().store();
        try {
            return Verification.usable(checkpointer.verify(store, generation));
        } catch (CheckpointException e) {
            return Verification.refused(generation, e.getMessage());
        }
    }
}
