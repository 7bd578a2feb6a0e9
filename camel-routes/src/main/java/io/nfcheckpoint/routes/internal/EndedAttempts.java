// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.TaskRef;

/** What is kept of attempts that have ended: a row, how long they ran where, and why one did not continue as it was to. */
final class EndedAttempts {

    private final TraceFile trace;
    private final FailureRates rates;
    private final UserLog log;

    EndedAttempts(TraceFile trace, FailureRates rates, UserLog log) {
        this.trace = trace;
        this.rates = rates;
        this.log = log;
    }

    void add(TaskRef task, AttemptRow row) {
        trace.add(task, row);
        rates.observe(row.place(), row.ran(), row.ending().struck());
        row.refused().ifPresent(refused -> log.refused(task, refused));
    }

    void save() {
        rates.save();
    }
}
