// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.util.Optional;

/**
 * A generation in a store: what its manifest says, or why that cannot be read. Neither tells whether its images are
 * sound; that is for {@link Checkpointer#verify}.
 */
public record StoredGeneration(int generation, Optional<GenerationManifest> manifest, Optional<String> damaged) {}
