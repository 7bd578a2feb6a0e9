// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.GenerationManifest;
import java.util.Optional;

/**
 * The result of looking at one generation.
 *
 * @param manifest present when it can be restarted from
 * @param refusal present when it cannot: why
 * @param spent whether it is sound, but the task has failed from it too often
 */
record Verification(int generation, Optional<GenerationManifest> manifest, Optional<String> refusal, boolean spent) {

    static Verification usable(GenerationManifest manifest) {
        return new Verification(manifest.generation(), Optional.of(manifest), Optional.empty(), false);
    }

    static Verification refused(int generation, String why) {
        return new Verification(generation, Optional.empty(), Optional.of(why), false);
    }

    static Verification spent(int generation) {
        return new Verification(
                generation, Optional.empty(), Optional.of("the task has failed again after a restart from it"), true);
    }

    boolean isUsable() {
        return manifest.isPresent();
    }
}
