// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Tells the causes of failures apart. Pure.
 *
 * <p>The store knows more than the engine: its last state is {@code running} only when nobody was left to write another
 * one. An exit status of 128 + n stands for signal n.
 */
final class FailureClassifier {

    private static final int SIGNAL_BASE = 128;

    /** HUP, INT, QUIT, KILL, USR1, USR2, ALRM, TERM, XCPU, XFSZ, PWR. Not PIPE, which programs bring on themselves. */
    private static final Set<Integer> FROM_OUTSIDE = Set.of(1, 2, 3, 9, 10, 12, 14, 15, 24, 25, 30);

    /** ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS. */
    private static final Set<Integer> CRASHES = Set.of(4, 5, 6, 7, 8, 11, 31);

    /** Usage error; not executable, not found; checkpoint failed, nothing to restart: of {@code ckpt} or its shell. */
    private static final Set<Integer> CHECKPOINTER_FAULTS = Set.of(2, 126, 127, 175, 176);

    private FailureClassifier() {}

    /**
     * @param engineStatus what the engine found, if anything
     * @param store what the store says; empty when the command never began
     */
    static FailureCause classify(OptionalInt engineStatus, Optional<StoreStatus> store) {
        String state = store.map(StoreStatus::state).orElse("");
        if (state.equals(StoreStatus.ENDED)) {
            return ofCommand(store.get().exitStatus().orElse(engineStatus.orElse(1)));
        }
        int status = engineStatus.orElse(SIGNAL_BASE + 9);
        if (CHECKPOINTER_FAULTS.contains(status)) {
            return FailureCause.CHECKPOINT_FAULT;
        }
        if (state.equals(StoreStatus.STOPPED) && status > 0) {
            return FailureCause.STOPPED;
        }
        return status >= SIGNAL_BASE ? FailureCause.KILLED : FailureCause.ERROR_EXIT;
    }

    private static FailureCause ofCommand(int exitStatus) {
        if (FROM_OUTSIDE.contains(exitStatus - SIGNAL_BASE)) {
            return FailureCause.SIGNALLED;
        }
        return CRASHES.contains(exitStatus - SIGNAL_BASE) ? FailureCause.CRASHED : FailureCause.ERROR_EXIT;
    }
}
