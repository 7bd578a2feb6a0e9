// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.RetryDecision;
import io.nfcheckpoint.routes.RunEnding;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.StoresSweep;
import io.nfcheckpoint.routes.StoresSwept;
import io.nfcheckpoint.routes.TaskCompleted;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.TaskPending;
import io.nfcheckpoint.routes.TaskStarted;
import io.nfcheckpoint.routes.WrapDecision;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteConfigurationBuilder;

/** When a route fails, the engine does what it would do without us, and the log says why. */
final class SafeAnswers extends RouteConfigurationBuilder {

    private final UserLog log;

    SafeAnswers(UserLog log) {
        this.log = log;
    }

    @Override
    public void configuration() {
        routeConfiguration()
                .onException(Exception.class)
                .handled(true)
                .useOriginalMessage()
                .process(exchange -> {
                    var cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
                    exchange.getMessage().setBody(to(exchange.getMessage().getBody(), cause));
                });
    }

    /** @return the body itself when nobody waits for an answer */
    Object to(Object body, Throwable cause) {
        String reason = String.valueOf(cause.getMessage());
        if (body instanceof TaskPending event) {
            log.answeredSafely(Optional.of(event.task()), cause);
            return new WrapDecision.LeaveAlone(reason);
        }
        if (body instanceof TaskFailed event) {
            log.answeredSafely(Optional.of(event.task()), cause);
            return event.engineWouldRetry() ? new RetryDecision.RunFromStart(reason) : new RetryDecision.GiveUp(reason);
        }
        if (body instanceof RunEnding) {
            log.answeredSafely(Optional.empty(), cause);
            return RunSummary.NOTHING;
        }
        if (body instanceof StoresSweep) {
            log.answeredSafely(Optional.empty(), cause);
            return StoresSwept.NOTHING;
        }
        if (body instanceof TaskCompleted event) {
            log.answeredSafely(Optional.of(event.task()), cause);
        } else if (body instanceof TaskStarted event) {
            log.answeredSafely(Optional.of(event.task()), cause);
        } else {
            log.unreadable(body, cause);
        }
        return body;
    }
}
