// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

/**
 * The addresses of the routes. Each takes the event as its body and leaves the decision, if there is one, in its place.
 */
public final class Endpoints {

    /** Takes {@link TaskPending}, answers {@link WrapDecision}. */
    public static final String TASK_PENDING = "direct:task-pending";

    /** Takes {@link TaskStarted}. */
    public static final String TASK_STARTED = "direct:task-started";

    /** Takes {@link TaskFailed}, answers {@link RetryDecision}. */
    public static final String TASK_FAILED = "direct:task-failed";

    /** Takes {@link TaskCompleted}. */
    public static final String TASK_COMPLETED = "direct:task-completed";

    /** Takes {@link RunEnding}, answers {@link RunSummary}. */
    public static final String RUN_ENDING = "direct:run-ending";

    /** Takes {@link StoresSweep}, answers {@link StoresSwept}. */
    public static final String STORES_SWEEP = "direct:stores-sweep";

    private Endpoints() {}
}
