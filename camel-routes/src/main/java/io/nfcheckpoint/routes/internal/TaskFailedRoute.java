// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.StoreView;
import io.nfcheckpoint.natives.StoredGeneration;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.Endpoints;
import io.nfcheckpoint.routes.TaskFailed;
import java.util.Comparator;
import java.util.List;
import org.apache.camel.builder.RouteBuilder;

/**
 * A failed task restarts from its latest generation, else from an older one, else from the start, or is given up as the
 * engine would have done.
 */
final class TaskFailedRoute extends RouteBuilder {

    private final Stores stores;
    private final GenerationVerifier verifier;
    private final TaskLedger ledger;
    private final EndedAttempts attempts;
    private final Events events;
    private final UserLog log;

    TaskFailedRoute(
            Stores stores,
            GenerationVerifier verifier,
            TaskLedger ledger,
            EndedAttempts attempts,
            Events events,
            UserLog log) {
        this.stores = stores;
        this.verifier = verifier;
        this.ledger = ledger;
        this.attempts = attempts;
        this.events = events;
        this.log = log;
    }

    @Override
    public void configure() {
        from(Endpoints.TASK_FAILED)
                .routeId("task-failed")
                .transform()
                .body(TaskFailed.class, this::lookUp)
                .choice()
                .when()
                .body(Failure.class, Failure::worthVerifying)
                .transform()
                .body(Failure.class, verifier::verify)
                .end()
                .transform()
                .body(Failure.class, Judgement::of)
                .process(exchange -> writeDown(exchange.getMessage().getBody(Judgement.class)))
                .choice()
                .when()
                .body(Judgement.class, Judgement::restartsFromLatest)
                .to("direct:restart-from-latest")
                .when()
                .body(Judgement.class, Judgement::restartsFromOlder)
                .to("direct:restart-from-older")
                .when()
                .body(Judgement.class, Judgement::runsFromStart)
                .to("direct:run-from-start")
                .otherwise()
                .to("direct:give-up")
                .end()
                .transform()
                .body(Judgement.class, Judgement::decision);

        from("direct:restart-from-latest")
                .routeId("restart-from-latest")
                .process(exchange -> log.restart(exchange.getMessage().getBody(Judgement.class)));

        from("direct:restart-from-older")
                .routeId("restart-from-older")
                .process(exchange -> log.skipped(exchange.getMessage().getBody(Judgement.class)))
                .process(exchange -> log.restart(exchange.getMessage().getBody(Judgement.class)));

        from("direct:run-from-start")
                .routeId("run-from-start")
                .process(exchange -> log.fromStart(exchange.getMessage().getBody(Judgement.class)));

        from("direct:give-up")
                .routeId("give-up")
                .process(exchange -> log.givenUp(exchange.getMessage().getBody(Judgement.class)));
    }

    private Failure lookUp(TaskFailed event) {
        var view = stores.view(event.task().store());
        var generations = view.map(StoreView::generations).orElse(List.of()).stream()
                .map(StoredGeneration::generation)
                .sorted(Comparator.reverseOrder())
                .toList();
        var policy = ledger.policy(event.task()).orElse(CheckpointPolicy.DEFAULTS);
        return new Failure(
                event, policy, view.flatMap(StoreView::status), ledger.history(event), generations, List.of());
    }

    private void writeDown(Judgement judgement) {
        var task = judgement.failure().event().task();
        ledger.failed(judgement, stores.view(task.store())).ifPresent(row -> {
            attempts.add(task, row);
            events.failed(judgement, row);
        });
    }
}
