// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The routes of the user that wait for events. */
final class EventConsumers {

    private final UserLog log;
    private final List<EventConsumer> consumers = new CopyOnWriteArrayList<>();

    EventConsumers(UserLog log) {
        this.log = log;
    }

    UserLog log() {
        return log;
    }

    void add(EventConsumer consumer) {
        consumers.add(consumer);
    }

    void remove(EventConsumer consumer) {
        consumers.remove(consumer);
    }

    /** Returns at once. */
    void tell(Event event) {
        consumers.forEach(consumer -> consumer.offer(event));
    }

    /** Lets the routes do what they have been told of and have not done yet, up to this time for all together. */
    void finish(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        consumers.forEach(EventConsumer::noMore);
        for (EventConsumer consumer : consumers) {
            consumer.finish(deadline - System.nanoTime(), limit);
        }
    }
}
