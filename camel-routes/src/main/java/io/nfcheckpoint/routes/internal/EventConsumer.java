// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;

/**
 * The beginning of one route of the user. The route has a thread and a queue of its own: it gets its events one after the
 * other in the order in which they happened, and whoever tells them never waits for it. Only the first failure of a route is
 * a warning.
 */
final class EventConsumer extends DefaultConsumer {

    /** A few hundred bytes each; a route that is behind by more will not make up for it. */
    private static final int QUEUE = 10_000;

    /** Empty: no more events follow. */
    private final BlockingQueue<Optional<Event>> queue = new LinkedBlockingQueue<>();

    private final CountDownLatch finished = new CountDownLatch(1);
    private final AtomicBoolean failedBefore = new AtomicBoolean();
    private final AtomicBoolean lostBefore = new AtomicBoolean();
    private final String kind;
    private final EventConsumers all;
    private volatile boolean givenUp;
    private volatile Optional<Event> current = Optional.empty();
    private ExecutorService executor;

    EventConsumer(Endpoint endpoint, String kind, Processor processor, EventConsumers all) {
        super(endpoint, processor);
        this.kind = kind;
        this.all = all;
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        executor = getEndpoint()
                .getCamelContext()
                .getExecutorServiceManager()
                .newSingleThreadExecutor(this, "events for " + getRoute().getRouteId());
        executor.execute(this::deliver);
        all.add(this);
    }

    @Override
    protected void doStop() throws Exception {
        all.remove(this);
        getEndpoint().getCamelContext().getExecutorServiceManager().shutdownNow(executor);
        super.doStop();
    }

    void offer(Event event) {
        if (!kind.equals(Event.ALL) && !kind.equals(event.kind().id())) {
            return;
        }
        if (queue.size() < QUEUE) {
            queue.add(Optional.of(event));
        } else if (lostBefore.compareAndSet(false, true)) {
            all.log().routeIsBehind(getRoute(), QUEUE);
        }
    }

    void noMore() {
        queue.add(Optional.empty());
    }

    /** @param limit what people were promised altogether */
    void finish(long nanos, Duration limit) throws InterruptedException {
        if (!finished.await(Math.max(0, nanos), TimeUnit.NANOSECONDS)) {
            long lost = queue.stream().filter(Optional::isPresent).count()
                    + current.stream().count();
            givenUp = true;
            all.log().routeDidNotFinish(getRoute(), lost, limit);
        }
    }

    private void deliver() {
        try {
            for (current = queue.take(); current.isPresent(); current = queue.take()) {
                deliver(current.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            finished.countDown();
        }
    }

    private void deliver(Event event) {
        Exchange exchange = createExchange(false);
        try {
            exchange.getMessage().setBody(event.json());
            exchange.getMessage().setHeaders(event.headers());
            getProcessor().process(exchange);
            Optional.ofNullable(exchange.getException()).ifPresent(e -> failed(event, e));
        } catch (Exception | LinkageError e) {
            failed(event, e);
        } finally {
            releaseExchange(exchange, false);
        }
    }

    private void failed(Event event, Throwable cause) {
        if (!givenUp && failedBefore.compareAndSet(false, true)) {
            all.log().routeFailed(getRoute(), event, cause);
        } else {
            all.log().routeFailedAgain(getRoute(), event, cause);
        }
    }
}
