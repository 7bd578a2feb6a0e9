// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.Endpoints;
import io.nfcheckpoint.routes.RunEnding;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.TaskRef;
import org.apache.camel.builder.RouteBuilder;

/** At the end of the run one line says what its restarts saved. */
final class RunEndingRoute extends RouteBuilder {

    private final Stores stores;
    private final TaskLedger ledger;
    private final EndedAttempts attempts;
    private final Events events;
    private final UserLog log;

    RunEndingRoute(Stores stores, TaskLedger ledger, EndedAttempts attempts, Events events, UserLog log) {
        this.stores = stores;
        this.ledger = ledger;
        this.attempts = attempts;
        this.events = events;
        this.log = log;
    }

    @Override
    public void configure() {
        from(Endpoints.RUN_ENDING)
                .routeId("run-ending")
                .transform()
                .body(RunEnding.class, ending -> summarize())
                .process(exchange -> log.summary(exchange.getMessage().getBody(RunSummary.class)))
                .process(exchange -> events.ending(exchange.getMessage().getBody(RunSummary.class)));
    }

    /** Tasks that did not complete keep their stores, for the next run; what their restarts saved is saved all the same. */
    private RunSummary summarize() {
        int interrupted = 0;
        for (TaskRef task : ledger.uncompleted()) {
            var row = ledger.completed(task, stores.view(task.store()), Ending.RUN_ENDED);
            row.ifPresent(known -> {
                attempts.add(task, known);
                events.interrupted(task, known);
            });
            interrupted += row.isPresent() ? 1 : 0;
        }
        if (interrupted > 0) {
            log.interrupted(interrupted);
        }
        attempts.save();
        return ledger.summary();
    }
}
