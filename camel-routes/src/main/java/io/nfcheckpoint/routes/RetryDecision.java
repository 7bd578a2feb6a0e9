// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.util.List;
import java.util.Objects;

/** What becomes of a failed attempt. */
public sealed interface RetryDecision {

    /**
     * The engine retries the task, whether or not it would have; the retry continues from an image.
     *
     * @param generation a generation that was verified a moment ago
     * @param skipped why each newer generation is not used, newest first
     * @param forgiven whether the cause lay outside of the task, so that the failure is not to count against limits that
     *     the user has set to retries
     */
    record RestartFrom(int generation, List<String> skipped, boolean forgiven) implements RetryDecision {

        public RestartFrom {
            skipped = List.copyOf(skipped);
        }
    }

    /** The engine retries the task, whether or not it would have; the retry starts anew. */
    record RunFromStart(String reason) implements RetryDecision {

        public RunFromStart {
            Objects.requireNonNull(reason, "reason");
        }
    }

    /** The engine does what it would have done without us. */
    record GiveUp(String reason) implements RetryDecision {

        public GiveUp {
            Objects.requireNonNull(reason, "reason");
        }
    }
}
