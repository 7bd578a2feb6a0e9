// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.util.Objects;

/**
 * Where attempts run, as far as machines there fail alike.
 *
 * @param executor the engine's name of what runs them
 * @param queue empty where there is none, or only one
 */
public record Place(String executor, String queue) {

    /** Nobody says where. */
    public static final Place UNKNOWN = new Place("", "");

    public Place {
        Objects.requireNonNull(executor, "executor");
        Objects.requireNonNull(queue, "queue");
    }
}
