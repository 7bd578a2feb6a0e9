// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.TaskPending;
import java.util.Optional;

/**
 * Everything that is known about an attempt before it is submitted.
 *
 * @param status what the store says; empty when there is none
 * @param lastFailure how this run judged the attempt before
 * @param inFlight whether this attempt of this task, by another name, uses the store already
 */
record PendingTask(
        TaskPending event, Optional<StoreStatus> status, Optional<Judgement> lastFailure, boolean inFlight) {}
