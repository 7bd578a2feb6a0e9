// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.Evidence;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells the causes of failures apart. Pure.
 *
 * <p>The store knows more than the engine: its last state is {@code running} only when nobody was left to write another
 * one. An exit status of 128 + n stands for signal n.
 */
final class FailureClassifier {

    private static final int SIGNAL_BASE = 128;
    private static final int KILL = SIGNAL_BASE + 9;
    private static final int XCPU = SIGNAL_BASE + 24;

    /** HUP, INT, QUIT, KILL, USR1, USR2, ALRM, TERM, XCPU, XFSZ, PWR. Not PIPE, which programs bring on themselves. */
    private static final Set<Integer> FROM_OUTSIDE = Set.of(1, 2, 3, 9, 10, 12, 14, 15, 24, 25, 30);

    /** Those of {@link #FROM_OUTSIDE} that ask rather than kill: HUP, INT, USR1, USR2, TERM. */
    private static final Set<Integer> REQUESTS = Set.of(1, 2, 10, 12, 15);

    /** ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS. */
    private static final Set<Integer> CRASHES = Set.of(4, 5, 6, 7, 8, 11, 31);

    /** Usage error; not executable, not found; checkpoint failed, nothing to restart: of {@code ckpt} or its shell. */
    private static final Set<Integer> CHECKPOINTER_FAULTS = Set.of(2, 126, 127, 175, 176);

    /** How languages, the C library, the kernel and batch systems say it. */
    private static final Pattern OUT_OF_MEMORY = Pattern.compile(
            "cannot allocate|can't allocate|unable to allocate|failed to allocate|\\bmemoryerror\\b|bad_alloc"
                    + "|outofmemoryerror|out of memory|memory exhausted|oom[-_ ]?kill|exceeded .{0,20}memory limit",
            Pattern.CASE_INSENSITIVE);

    /** How shells, make and Python say it of a command that ended with SIGKILL. */
    private static final Pattern KILLED = Pattern.compile("\\bKilled\\b|\\bSIGKILL\\b|signal 9\\b");

    /** A job is asked to end a while before its time is over. */
    private static final Duration AHEAD = Duration.ofMinutes(1);

    private FailureClassifier() {}

    /**
     * @param engineStatus what the engine found, if anything
     * @param store what the store says; empty when the command never began, or ended with 0 and had no image
     * @param elapsed since the attempt began, if that is known
     */
    static FailureCause classify(
            OptionalInt engineStatus, Optional<StoreStatus> store, Evidence evidence, Optional<Duration> elapsed) {
        boolean timeIsOver = evidence.timedOut() || isOver(evidence.timeLimit(), elapsed);
        boolean memoryIsOut = OUT_OF_MEMORY.matcher(evidence.lastWords()).find();
        String state = store.map(StoreStatus::state).orElse("");
        if (state.equals(StoreStatus.ENDED)) {
            int exitStatus = store.get().exitStatus().orElse(engineStatus.orElse(1));
            boolean kernelSaysSo = store.get().oomKills() > 0 && (exitStatus == KILL || somebodyWasKilled(evidence));
            return isLate(exitStatus, evidence)
                    ? FailureCause.WALLTIME
                    : ofCommand(exitStatus, timeIsOver, memoryIsOut || kernelSaysSo);
        }
        int status = engineStatus.orElse(KILL);
        if (isLate(status, evidence)) {
            return FailureCause.WALLTIME;
        }
        if (CHECKPOINTER_FAULTS.contains(status)) {
            return FailureCause.CHECKPOINT_FAULT;
        }
        if (state.equals(StoreStatus.STOPPED) && status > 0) {
            return timeIsOver ? FailureCause.WALLTIME : FailureCause.PREEMPTED;
        }
        return status < SIGNAL_BASE ? FailureCause.ERROR_EXIT : ofTree(engineStatus, timeIsOver, memoryIsOut);
    }

    /** With 0 it has not failed: it was over a moment after its time. */
    private static boolean isLate(int exitStatus, Evidence evidence) {
        return exitStatus == 0 && evidence.timedOut();
    }

    /** Several tasks may be in one control group, as with a local executor: it must have been one of this task's. */
    private static boolean somebodyWasKilled(Evidence evidence) {
        return KILLED.matcher(evidence.lastWords()).find();
    }

    /** The supervisor saw the command end. */
    private static FailureCause ofCommand(int exitStatus, boolean timeIsOver, boolean memoryIsOut) {
        int signal = exitStatus - SIGNAL_BASE;
        if (exitStatus == XCPU || timeIsOver && REQUESTS.contains(signal)) {
            return FailureCause.WALLTIME;
        }
        if (memoryIsOut && exitStatus != 0 && !REQUESTS.contains(signal)) {
            return FailureCause.OUT_OF_MEMORY;
        }
        if (FROM_OUTSIDE.contains(signal)) {
            return FailureCause.SIGNALLED;
        }
        return CRASHES.contains(signal) ? FailureCause.CRASHED : FailureCause.ERROR_EXIT;
    }

    /** The supervisor is gone as well. */
    private static FailureCause ofTree(OptionalInt engineStatus, boolean timeIsOver, boolean memoryIsOut) {
        if (timeIsOver) {
            return FailureCause.WALLTIME;
        }
        if (memoryIsOut) {
            return FailureCause.OUT_OF_MEMORY;
        }
        if (engineStatus.isEmpty()) {
            return FailureCause.NODE_LOST;
        }
        return REQUESTS.contains(engineStatus.getAsInt() - SIGNAL_BASE) ? FailureCause.PREEMPTED : FailureCause.KILLED;
    }

    private static boolean isOver(Optional<Duration> limit, Optional<Duration> elapsed) {
        if (limit.isEmpty() || elapsed.isEmpty()) {
            return false;
        }
        Duration tenth = limit.get().dividedBy(10);
        Duration margin = tenth.compareTo(AHEAD) < 0 ? tenth : AHEAD;
        return elapsed.get().compareTo(limit.get().minus(margin)) >= 0;
    }
}
