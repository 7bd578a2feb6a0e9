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
 */
record Verification(int generation, Optional<GenerationManifest> manifest, Optional<String> refusal) {

    static Verification usable(GenerationManifest manifest) {
        return new Verification(manifest.generation(), Optional.of(manifest), Optional.empty());
    }

    static Verification refused(int generation, String why) {
        return new Verification(generation, Optional.empty(), Optional.of(why));
    }

    boolean isUsable() {
        return manifest.isPresent();
    }
}
