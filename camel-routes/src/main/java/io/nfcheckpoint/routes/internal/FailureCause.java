// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

/**
 * How an attempt came to its end, as far as its store and the engine can tell.
 *
 * <p>After a cause that lies outside of the task, the image has proved nothing against itself by failing again; after
 * one of its own making, the failure may well be in the image already.
 */
enum FailureCause {
    /** Its time was over. */
    WALLTIME("ran into its time limit", true, true),

    /** It was asked to end, for another job or by a person; mostly it left a last checkpoint. */
    PREEMPTED("was asked to end", true, true),

    /** Nobody was left to tell an exit status. */
    NODE_LOST("was lost with its node", true, true),

    /** The tree is gone and its supervisor with it. */
    KILLED("was killed", true, true),

    /** It, or the kernel, or the batch system says so. */
    OUT_OF_MEMORY("ran out of memory", true, false),

    /** The command was ended by a signal, while its supervisor was left alone. */
    SIGNALLED("was ended by a signal", true, false),

    /** The command ran into a signal of its own making, such as a segmentation fault. */
    CRASHED("crashed", true, false),

    /** The command ended by itself: what it did once it will do again. */
    ERROR_EXIT("ended by itself", false, false),

    /** The checkpointer could not run the command. */
    CHECKPOINT_FAULT("could not run under the checkpointer", false, true),

    /** The whole run ended before it. */
    RUN_ENDED("was interrupted with the run", true, true);

    private final String words;
    private final boolean interrupted;
    private final boolean infrastructure;

    FailureCause(String words, boolean interrupted, boolean infrastructure) {
        this.words = words;
        this.interrupted = interrupted;
        this.infrastructure = infrastructure;
    }

    /** Follows the name of the task. */
    String words() {
        return words;
    }

    /** For programs: {@code out-of-memory}. */
    String id() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /** Whether the command would have gone on if it had been left in peace. */
    boolean interrupted() {
        return interrupted;
    }

    /** Whether only an image taken in time helps against it: the end of a time limit is known beforehand. */
    boolean strikes() {
        return interrupted && infrastructure && this != WALLTIME && this != RUN_ENDED;
    }

    /** Whether the cause lies outside of the task. */
    boolean infrastructure() {
        return infrastructure;
    }
}
