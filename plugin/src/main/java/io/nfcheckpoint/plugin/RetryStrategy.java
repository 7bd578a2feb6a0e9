// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

/**
 * What stands in a task's {@code errorStrategy} while it runs under the checkpointer.
 *
 * <p>Nextflow takes any text there and reads it when the task has failed, so that is when it is decided. A closure would
 * do as well, but makes the configuration dynamic, and with that {@code -resume} would run finished tasks again.
 */
final class RetryStrategy implements CharSequence {

    private final TaskAttempt attempt;

    RetryStrategy(TaskAttempt attempt) {
        this.attempt = attempt;
    }

    TaskAttempt attempt() {
        return attempt;
    }

    /** The name of a strategy. Costs nothing before the task has failed, and nothing the second time. */
    @Override
    public String toString() {
        return attempt.errorStrategy().name();
    }

    @Override
    public int length() {
        return toString().length();
    }

    @Override
    public char charAt(int index) {
        return toString().charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return toString().subSequence(start, end);
    }
}
