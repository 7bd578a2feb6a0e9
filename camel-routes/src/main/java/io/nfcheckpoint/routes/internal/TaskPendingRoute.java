// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.Endpoints;
import io.nfcheckpoint.routes.Interval;
import io.nfcheckpoint.routes.TaskPending;
import io.nfcheckpoint.routes.WrapDecision;
import java.util.Optional;
import org.apache.camel.builder.RouteBuilder;

/** A pending task is wrapped or left alone. */
final class TaskPendingRoute extends RouteBuilder {

    private final Stores stores;
    private final TaskLedger ledger;
    private final FailureRates rates;

    TaskPendingRoute(Stores stores, TaskLedger ledger, FailureRates rates) {
        this.stores = stores;
        this.ledger = ledger;
        this.rates = rates;
    }

    @Override
    public void configure() {
        from(Endpoints.TASK_PENDING)
                .routeId("task-pending")
                .transform()
                .body(TaskPending.class, this::lookUp)
                .transform()
                .body(PendingTask.class, this::decide);
    }

    private PendingTask lookUp(TaskPending event) {
        var task = event.task();
        boolean mayBeWrapped = event.policy().enabled() && event.wrappable();
        return new PendingTask(
                event,
                mayBeWrapped ? stores.status(task.store()) : Optional.empty(),
                ledger.lastFailure(task),
                ledger.isInFlight(task, event.attempt()));
    }

    private WrapDecision decide(PendingTask pending) {
        var decision = WrapDecider.decide(pending);
        if (decision instanceof WrapDecision.Wrap wrap) {
            ledger.wrapped(pending);
            return expecting(wrap, pending);
        }
        return decision;
    }

    private WrapDecision expecting(WrapDecision.Wrap wrap, PendingTask pending) {
        return wrap.policy().interval().equals(Interval.AUTO)
                ? wrap.expecting(rates.timeBetweenFailures(pending.event().place()))
                : wrap;
    }
}
