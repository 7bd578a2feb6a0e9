// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.Endpoints;
import io.nfcheckpoint.routes.TaskRef;
import io.nfcheckpoint.routes.TaskStarted;
import org.apache.camel.builder.RouteBuilder;

/** The store of a task that runs is watched for new generations. */
final class TaskStartedRoute extends RouteBuilder {

    private final TaskLedger ledger;
    private final Events events;

    TaskStartedRoute(TaskLedger ledger, Events events) {
        this.ledger = ledger;
        this.events = events;
    }

    @Override
    public void configure() {
        from(Endpoints.TASK_STARTED)
                .routeId("task-started")
                .transform()
                .body(TaskStarted.class, TaskStarted::task)
                .process(exchange -> ledger.started(exchange.getMessage().getBody(TaskRef.class)))
                .process(exchange -> tell(exchange.getMessage().getBody(TaskRef.class)));
    }

    private void tell(TaskRef task) {
        events.started(task, ledger.attempt(task), ledger.lastFailure(task));
    }
}
