// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.Endpoints;
import io.nfcheckpoint.routes.TaskCompleted;
import io.nfcheckpoint.routes.TaskRef;
import org.apache.camel.builder.RouteBuilder;

/** A completed task is added to the sums, then its store is removed. */
final class TaskCompletedRoute extends RouteBuilder {

    private final Stores stores;
    private final TaskLedger ledger;
    private final EndedAttempts attempts;
    private final Events events;

    TaskCompletedRoute(Stores stores, TaskLedger ledger, EndedAttempts attempts, Events events) {
        this.stores = stores;
        this.ledger = ledger;
        this.attempts = attempts;
        this.events = events;
    }

    @Override
    public void configure() {
        from(Endpoints.TASK_COMPLETED)
                .routeId("task-completed")
                .transform()
                .body(TaskCompleted.class, TaskCompleted::task)
                .process(exchange -> {
                    var task = exchange.getMessage().getBody(TaskRef.class);
                    ledger.completed(task, stores.view(task.store()), Ending.COMPLETED)
                            .ifPresent(row -> {
                                attempts.add(task, row);
                                events.completed(task, row);
                            });
                })
                .process(exchange -> stores.remove(
                        exchange.getMessage().getBody(TaskRef.class).store()));
    }
}
