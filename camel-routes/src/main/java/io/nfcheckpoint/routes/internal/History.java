// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import java.time.Duration;
import java.util.Optional;

/**
 * What the run remembers of a task when an attempt fails.
 *
 * @param elapsed since the attempt began, if that was reported
 * @param begunAgain whether the task was made to begin again because it had failed from every image
 * @param hasMoreMemory whether the attempt had more memory than the one before it
 */
record History(Optional<Duration> elapsed, boolean begunAgain, boolean hasMoreMemory) {

    static final History NONE = new History(Optional.empty(), false, false);
}
