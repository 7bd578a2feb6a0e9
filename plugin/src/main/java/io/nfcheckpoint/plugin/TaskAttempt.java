// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import nextflow.exception.ProcessUnrecoverableException;
import nextflow.executor.GridTaskHandler;
import nextflow.processor.ErrorStrategy;
import nextflow.processor.TaskConfig;
import nextflow.processor.TaskHandler;
import nextflow.processor.TaskRun;

/**
 * One attempt of a task: what the user configured for it, what we changed, and what becomes of it when it fails.
 *
 * <p>Nextflow makes a retry by copying the failed attempt's task with its configuration, our changes included; so the
 * retry finds the attempt before it with {@link #of} and undoes its changes with {@link #restore} before it starts.
 */
final class TaskAttempt {

    private static final String ERROR_STRATEGY = "errorStrategy";
    private static final String SHELL = "shell";
    private static final String BEFORE_SCRIPT = "beforeScript";
    private static final String MAX_RETRIES = "maxRetries";
    private static final String MAX_ERRORS = "maxErrors";
    private static final List<String> CHANGED = List.of(ERROR_STRATEGY, SHELL, BEFORE_SCRIPT, MAX_RETRIES, MAX_ERRORS);

    /** Decides on the failed attempt, given what the user's configuration says. */
    interface Judge {
        ErrorStrategy judge(TaskAttempt attempt, ErrorStrategy own);
    }

    private final TaskRun task;
    private final Lineage lineage;
    private final Judge judge;
    private final int failuresBefore;
    private final Map<String, Object> ownValues = new HashMap<>();
    private final String ownScript;
    private String changedScript;
    private ErrorStrategy ownStrategy;
    private ErrorStrategy verdict;
    private TaskHandler handler;

    TaskAttempt(TaskRun task, Lineage lineage, Judge judge) {
        this.task = task;
        this.lineage = lineage;
        this.judge = judge;
        this.failuresBefore = task.getFailCount();
        this.ownScript = task.getScript();
        CHANGED.forEach(key -> ownValues.put(key, task.getConfig().getRawValue(key)));
    }

    /** The attempt that last changed this configuration. */
    static Optional<TaskAttempt> of(TaskConfig config) {
        return config.getRawValue(ERROR_STRATEGY) instanceof RetryStrategy strategy
                ? Optional.of(strategy.attempt())
                : Optional.empty();
    }

    TaskRun task() {
        return task;
    }

    Lineage lineage() {
        return lineage;
    }

    /**
     * Puts the checkpointer before the task's command, and us where it is decided what a failure leads to.
     *
     * @param preparation a line that the script around the command is to run before it
     */
    synchronized void wrap(LaunchCommand launch, String preparation) {
        TaskConfig config = task.getConfig();
        addPreparation(config, preparation);
        Optional<String> script = launch.script(ownScript);
        if (script.isPresent()) {
            changedScript = script.get();
            task.setScript(changedScript);
        } else {
            config.put(SHELL, launch.shell(config.getShell()));
        }
        config.put(ERROR_STRATEGY, new RetryStrategy(this));
    }

    /** @param preparation a line that the script around a command is to run after the user's {@code beforeScript} */
    static void addPreparation(TaskConfig config, String preparation) {
        String own = config.getBeforeScript();
        config.put(BEFORE_SCRIPT, own == null ? preparation : own + "\n" + preparation);
    }

    /** Undoes in a copy of the task what {@link #wrap} and {@link #allowRetry} did. */
    synchronized void restore(TaskRun copy) {
        TaskConfig config = copy.getConfig();
        CHANGED.forEach(key -> set(config, key, ownValues.get(key)));
        if (changedScript != null && changedScript.equals(copy.getScript())) {
            copy.setScript(ownScript);
        }
    }

    /** The command is written: from here on people see the script they know. */
    synchronized void showOwnScript() {
        if (changedScript != null) {
            task.setScript(ownScript);
        }
    }

    /** What Nextflow is to do if the attempt fails, or now that it has. */
    synchronized ErrorStrategy errorStrategy() {
        ErrorStrategy own = ownStrategy();
        if (!hasFailed()) {
            return own;
        }
        if (verdict == null) {
            verdict = judge.judge(this, own);
        }
        return verdict;
    }

    synchronized void submittedBy(TaskHandler submitter) {
        handler = submitter;
    }

    /**
     * Cancels the job of an attempt whose end nobody has seen. It may live on a node that does not answer, or wait to be
     * started again: without this, two attempts of a task would run.
     */
    synchronized void endLostJob() {
        if (handler instanceof GridTaskHandler && exitStatus().isEmpty()) {
            handler.kill();
        }
    }

    /** Whether Nextflow would retry the failed attempt without us, and without failures that the task cannot help. */
    boolean isRetriedAnyway(ErrorStrategy own) {
        TaskConfig config = task.getConfig();
        int maxErrors = config.getMaxErrors();
        return own == ErrorStrategy.RETRY
                && task.getFailCount() - lineage.forgiven() <= maxRetries(config)
                && task.getSubmitRetries() <= maxRetries(config)
                && (maxErrors == -1 || config.getErrorCount() < maxErrors);
    }

    /** Whether the failure is one that no attempt can avoid, such as a script that cannot be rendered. */
    boolean isUnrecoverable() {
        Object cause = task.getConfig().get("previousException");
        return cause instanceof ProcessUnrecoverableException
                || cause instanceof Throwable thrown && thrown.getCause() instanceof ProcessUnrecoverableException;
    }

    OptionalInt exitStatus() {
        Integer status = task.getExitStatus();
        return status == null || status == Integer.MAX_VALUE ? OptionalInt.empty() : OptionalInt.of(status);
    }

    /** Lifts the limits that Nextflow would check next. The copy that is the retry gets the user's again. */
    void allowRetry() {
        TaskConfig config = task.getConfig();
        config.put(MAX_RETRIES, Math.max(maxRetries(config), task.getFailCount()));
        config.put(MAX_ERRORS, -1);
    }

    private boolean hasFailed() {
        return task.getFailCount() > failuresBefore;
    }

    /** Evaluated at most once, as Nextflow does: closures that wait a while are in common use. */
    private ErrorStrategy ownStrategy() {
        if (ownStrategy == null) {
            TaskConfig own = task.getConfig().clone();
            own.put(ERROR_STRATEGY, ownValues.get(ERROR_STRATEGY));
            ownStrategy = own.getErrorStrategy();
        }
        return ownStrategy;
    }

    /** Without the default of some versions, which asks for the error strategy. */
    private static int maxRetries(TaskConfig config) {
        Object value = config.get(MAX_RETRIES);
        boolean isUnset = value == null || value instanceof Number number && number.intValue() == 0;
        return isUnset ? 1 : Integer.parseInt(value.toString());
    }

    private static void set(TaskConfig config, String key, Object value) {
        config.put(key, value);
        if (value == null) {
            config.remove(key);
        }
    }
}
