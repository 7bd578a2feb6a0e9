// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.nio.file.Path;
import java.util.Objects;

/**
 * One task of a run, over all its attempts.
 *
 * @param id the same for every attempt and every run that computes the same thing, such as the task's hash
 * @param name what a person calls it
 * @param store the task's store; need not exist yet
 */
public record TaskRef(String id, String name, Path store) {

    public TaskRef {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(name, "name");
        store = store.toAbsolutePath().normalize();
    }
}
