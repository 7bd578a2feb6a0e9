// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.Checkpointer;
import io.nfcheckpoint.routes.CheckpointRoutes;
import io.nfcheckpoint.routes.Endpoints;
import io.nfcheckpoint.routes.RetryDecision;
import io.nfcheckpoint.routes.RunEnding;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.Settings;
import io.nfcheckpoint.routes.StoresSweep;
import io.nfcheckpoint.routes.StoresSwept;
import io.nfcheckpoint.routes.TaskCompleted;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.TaskPending;
import io.nfcheckpoint.routes.TaskStarted;
import io.nfcheckpoint.routes.WrapDecision;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.StartupSummaryLevel;
import org.apache.camel.impl.DefaultCamelContext;

/** Runs the routes in a Camel context and carries events to them. */
public final class CamelCheckpointRoutes implements CheckpointRoutes {

    /** For a look at the stores, which may be left in its middle; Camel would look again a second later. */
    private static final int SHUTDOWN_MILLIS = 250;

    private final CamelContext context;
    private final ProducerTemplate template;
    private final SafeAnswers safeAnswers;
    private final Optional<UserRoutes> userRoutes;

    private CamelCheckpointRoutes(CamelContext context, SafeAnswers safeAnswers, Optional<UserRoutes> userRoutes) {
        this.context = context;
        this.template = context.createProducerTemplate();
        this.safeAnswers = safeAnswers;
        this.userRoutes = userRoutes;
    }

    /** @see CheckpointRoutes#start */
    public static CheckpointRoutes start(Checkpointer checkpointer, Settings settings) {
        return withOurClassLoader(() -> {
            var log = new UserLog(settings.loggerName());
            var ledger = new TaskLedger(InstantSource.system());
            var rates =
                    new FailureRates(settings.failureRates().map(FailureRatesFile::new), InstantSource.system(), log);
            var attempts = new EndedAttempts(new TraceFile(settings.trace(), log), rates, log);
            var stores = new Stores(checkpointer);
            var safeAnswers = new SafeAnswers(log);
            var userRoutes = settings.routes().map(folder -> UserRoutes.start(folder, log));
            var events = new Events(
                    settings.run(),
                    InstantSource.system(),
                    event -> userRoutes.ifPresent(routes -> routes.tell(event)));
            var context = newContext();
            try {
                context.addRoutesConfigurations(safeAnswers);
                context.addRoutes(new TaskPendingRoute(stores, ledger, rates));
                context.addRoutes(new TaskStartedRoute(ledger, events));
                context.addRoutes(new TaskFailedRoute(
                        stores, new GenerationVerifier(checkpointer), ledger, attempts, events, log));
                context.addRoutes(new TaskCompletedRoute(stores, ledger, attempts, events));
                context.addRoutes(new StoreNoticedRoute(settings, ledger, events, log));
                context.addRoutes(new StoresSweepRoute(stores, log));
                context.addRoutes(new RunEndingRoute(stores, ledger, attempts, events, log));
                context.start();
            } catch (Exception e) {
                context.stop();
                userRoutes.ifPresent(UserRoutes::close);
                throw new IllegalStateException("the checkpoint routes cannot be started: " + e.getMessage(), e);
            }
            return new CamelCheckpointRoutes(context, safeAnswers, userRoutes);
        });
    }

    private static DefaultCamelContext newContext() {
        var context = new DefaultCamelContext();
        context.getCamelContextExtension().setName("nf-checkpoint");
        context.disableJMX();
        context.setApplicationContextClassLoader(CamelCheckpointRoutes.class.getClassLoader());
        context.setLoadTypeConverters(false);
        context.setLoadHealthChecks(false);
        context.setStartupSummaryLevel(StartupSummaryLevel.Oneline);
        // An error is answered with the event as the engine sent it.
        context.setAllowUseOriginalMessage(true);
        var shutdown = context.getShutdownStrategy();
        shutdown.setTimeUnit(TimeUnit.MILLISECONDS);
        shutdown.setTimeout(SHUTDOWN_MILLIS);
        shutdown.setShutdownNowOnTimeout(true);
        shutdown.setLogInflightExchangesOnTimeout(false);
        return context;
    }

    /** For tests that wait for a route. */
    CamelContext context() {
        return context;
    }

    @Override
    public WrapDecision pending(TaskPending event) {
        return (WrapDecision) send(Endpoints.TASK_PENDING, event);
    }

    @Override
    public void started(TaskStarted event) {
        send(Endpoints.TASK_STARTED, event);
    }

    @Override
    public RetryDecision failed(TaskFailed event) {
        return (RetryDecision) send(Endpoints.TASK_FAILED, event);
    }

    @Override
    public void completed(TaskCompleted event) {
        send(Endpoints.TASK_COMPLETED, event);
    }

    @Override
    public StoresSwept sweep(StoresSweep event) {
        return (StoresSwept) send(Endpoints.STORES_SWEEP, event);
    }

    @Override
    public RunSummary ending() {
        return (RunSummary) send(Endpoints.RUN_ENDING, new RunEnding());
    }

    @Override
    public void close() {
        withOurClassLoader(() -> {
            context.stop();
            return null;
        });
        userRoutes.ifPresent(UserRoutes::close);
    }

    /** What a route does not catch, such as its being stopped already, is answered as safely as what it does. */
    private Object send(String endpoint, Object event) {
        try {
            return withOurClassLoader(() -> template.requestBody(endpoint, event));
        } catch (CamelExecutionException e) {
            return safeAnswers.to(event, e.getCause());
        } catch (RuntimeException e) {
            return safeAnswers.to(event, e);
        }
    }

    /** An engine's plugin is loaded by a class loader that the engine's threads do not know. */
    private static <T> T withOurClassLoader(Supplier<T> work) {
        var thread = Thread.currentThread();
        var engines = thread.getContextClassLoader();
        thread.setContextClassLoader(CamelCheckpointRoutes.class.getClassLoader());
        try {
            return work.get();
        } finally {
            thread.setContextClassLoader(engines);
        }
    }
}
