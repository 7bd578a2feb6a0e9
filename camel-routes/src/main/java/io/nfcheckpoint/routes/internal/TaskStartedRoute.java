// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.Endpoints;
import io.nfcheckpoint.routes.TaskStarted;
import org.apache.camel.builder.RouteBuilder;

/** The store of a task that runs is watched for new generations. */
final class TaskStartedRoute extends RouteBuilder {

    private final TaskLedger ledger;

    TaskStartedRoute(TaskLedger ledger) {
        this.ledger = ledger;
    }

    @Override
    public void configure() {
        from(Endpoints.TASK_STARTED)
                .routeId("task-started")
                .process(exchange -> ledger.started(
                        exchange.getMessage().getBody(TaskStarted.class).task()));
    }
}
