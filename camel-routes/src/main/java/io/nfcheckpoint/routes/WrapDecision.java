// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** Whether and how an attempt of a task runs under the checkpointer. */
public sealed interface WrapDecision {

    /** The task runs as if we were not there. */
    record LeaveAlone(String reason) implements WrapDecision {

        public LeaveAlone {
            Objects.requireNonNull(reason, "reason");
        }
    }

    /**
     * The task's command runs under {@code ckpt run}, which restarts it when its store holds a usable generation.
     *
     * @param generation restart from this one, else an older one ({@code --generation}); empty: from the latest usable
     * @param fresh ignore what the store holds and start anew ({@code --fresh})
     * @param timeBetweenFailures to be expected where it will run ({@code --mtbf}); only where the interval depends on it
     */
    record Wrap(
            Optional<Integer> generation,
            boolean fresh,
            CheckpointPolicy policy,
            Optional<Duration> timeBetweenFailures)
            implements WrapDecision {

        public Wrap {
            Objects.requireNonNull(generation, "generation");
            Objects.requireNonNull(policy, "policy");
            Objects.requireNonNull(timeBetweenFailures, "timeBetweenFailures");
        }

        public Wrap(Optional<Integer> generation, boolean fresh, CheckpointPolicy policy) {
            this(generation, fresh, policy, Optional.empty());
        }

        public Wrap expecting(Duration time) {
            return new Wrap(generation, fresh, policy, Optional.of(time));
        }
    }
}
