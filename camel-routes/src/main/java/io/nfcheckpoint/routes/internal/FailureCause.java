// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

/** How an attempt came to its end, as far as its store and the engine can tell. */
enum FailureCause {
    /** The tree was asked to end and left a final checkpoint: walltime, preemption, a cancelled job. */
    STOPPED("was stopped", true),

    /** The tree is gone and its supervisor with it: a lost node, a killed job. */
    KILLED("was killed", true),

    /** The command was ended by a signal from outside, such as that of the kernel when memory runs out. */
    SIGNALLED("was ended by a signal", true),

    /** The command ran into a signal of its own making, such as a segmentation fault. */
    CRASHED("crashed", true),

    /** The command ended by itself: what it did once it will do again. */
    ERROR_EXIT("ended by itself", false),

    /** The checkpointer could not run the command. */
    CHECKPOINT_FAULT("could not run under the checkpointer", false);

    private final String words;
    private final boolean interrupted;

    FailureCause(String words, boolean interrupted) {
        this.words = words;
        this.interrupted = interrupted;
    }

    /** Follows the name of the task. */
    String words() {
        return words;
    }

    /** Whether the command would have gone on if it had been left in peace. */
    boolean interrupted() {
        return interrupted;
    }
}
