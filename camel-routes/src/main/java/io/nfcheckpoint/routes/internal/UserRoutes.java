// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.routes.UnusableRoutesException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.camel.StartupSummaryLevel;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.RedeliveryPolicyDefinition;
import org.apache.camel.model.errorhandler.DefaultErrorHandlerDefinition;

/**
 * The user's own routes. They live in a Camel context of their own, so that nothing in them can meet ours: neither names nor
 * error handlers, and not the time it takes to stop them.
 */
final class UserRoutes implements AutoCloseable {

    /** For what they have been told of and have not done yet, at the end of the run. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** For components to close their connections. */
    private static final long STOP_MILLIS = 1_000;

    private final DefaultCamelContext context;
    private final EventConsumers consumers;
    private final UserLog log;
    private final Duration limit;

    private UserRoutes(DefaultCamelContext context, EventConsumers consumers, UserLog log, Duration limit) {
        this.context = context;
        this.consumers = consumers;
        this.log = log;
        this.limit = limit;
    }

    /** @throws UnusableRoutesException naming the file, the line and what is wrong */
    static UserRoutes start(Path folder, UserLog log) {
        return start(folder, log, LIMIT);
    }

    /** @param limit for all that is left to do at the end */
    static UserRoutes start(Path folder, UserLog log, Duration limit) {
        var files = RouteFiles.in(folder);
        var consumers = new EventConsumers(log);
        var context = newContext(files.classLoader());
        var thread = Thread.currentThread();
        var before = thread.getContextClassLoader();
        thread.setContextClassLoader(files.classLoader());
        try {
            context.addComponent(EventComponent.SCHEME, new EventComponent(consumers));
            context.start();
            files.load(context);
            return new UserRoutes(context, consumers, log, limit);
        } catch (RuntimeException | LinkageError e) {
            context.stop();
            throw e;
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static DefaultCamelContext newContext(ClassLoader loader) {
        var context = new DefaultCamelContext();
        context.getCamelContextExtension().setName("nf-checkpoint-users-routes");
        context.disableJMX();
        context.setApplicationContextClassLoader(loader);
        context.setLoadHealthChecks(false);
        context.setStartupSummaryLevel(StartupSummaryLevel.Oneline);
        // Mistakes are told with the line they are in.
        context.setSourceLocationEnabled(true);
        // Failures are told by us, with fewer words.
        var quiet = new DefaultErrorHandlerDefinition();
        quiet.setRedeliveryPolicy(new RedeliveryPolicyDefinition().logExhausted(false));
        context.getCamelContextExtension().setErrorHandlerFactory(quiet);
        var shutdown = context.getShutdownStrategy();
        shutdown.setTimeUnit(TimeUnit.MILLISECONDS);
        shutdown.setTimeout(STOP_MILLIS);
        shutdown.setShutdownNowOnTimeout(true);
        shutdown.setLogInflightExchangesOnTimeout(false);
        return context;
    }

    /** Returns at once, whatever the routes do. */
    void tell(Event event) {
        consumers.tell(event);
    }

    /** Waits for the routes, but not for ever. */
    @Override
    public void close() {
        var stopping = new Thread(this::stop, "nf-checkpoint-users-routes");
        stopping.setDaemon(true);
        stopping.setContextClassLoader(context.getApplicationContextClassLoader());
        stopping.start();
        try {
            stopping.join(limit.plusMillis(10 * STOP_MILLIS).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Optional.of(stopping).filter(Thread::isAlive).ifPresent(still -> log.routesDidNotStop());
    }

    private void stop() {
        try {
            consumers.finish(limit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            context.stop();
        }
    }
}
