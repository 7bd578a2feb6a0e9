// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.RetryDecision;
import io.nfcheckpoint.routes.RunEnding;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.TaskPending;
import io.nfcheckpoint.routes.WrapDecision;
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

    /** @return the event itself when it asks nothing */
    Object to(Object event, Throwable cause) {
        Object answer = answer(event, String.valueOf(cause.getMessage()));
        log.safeAnswer(event, answer, cause);
        return answer;
    }

    private static Object answer(Object event, String reason) {
        if (event instanceof TaskPending) {
            return new WrapDecision.LeaveAlone(reason);
        }
        if (event instanceof TaskFailed failed) {
            return failed.engineWouldRetry()
                    ? new RetryDecision.RunFromStart(reason)
                    : new RetryDecision.GiveUp(reason);
        }
        return event instanceof RunEnding ? RunSummary.NOTHING : event;
    }
}
