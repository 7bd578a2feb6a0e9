// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.util.List;
import java.util.Optional;

/**
 * A store as its small files describe it.
 *
 * @param task what runs here
 * @param status how it goes
 * @param generations those that have a manifest, oldest first
 */
public record StoreView(Optional<StoreTask> task, Optional<StoreStatus> status, List<StoredGeneration> generations) {

    public StoreView {
        generations = generations == null ? List.of() : List.copyOf(generations);
    }
}
