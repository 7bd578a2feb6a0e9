// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import java.util.Map;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.MultipleConsumersSupport;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;

/** Addresses such as {@code checkpoint:task-failed}, from which any number of a user's routes may consume. */
final class EventComponent extends DefaultComponent {

    static final String SCHEME = "checkpoint";

    private final EventConsumers consumers;

    EventComponent(EventConsumers consumers) {
        this.consumers = consumers;
    }

    /** @throws IllegalArgumentException when there are no such events */
    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
        if (!remaining.equals(Event.ALL) && Event.Kind.of(remaining).isEmpty()) {
            throw new IllegalArgumentException(
                    "there is no %s:%s; there are %s".formatted(SCHEME, remaining, Event.Kind.names()));
        }
        return new Address(uri, remaining);
    }

    private final class Address extends DefaultEndpoint implements MultipleConsumersSupport {

        private final String kind;

        Address(String uri, String kind) {
            super(uri, EventComponent.this);
            this.kind = kind;
        }

        @Override
        public boolean isMultipleConsumersSupported() {
            return true;
        }

        @Override
        public Consumer createConsumer(Processor processor) {
            return new EventConsumer(this, kind, processor, consumers);
        }

        @Override
        public Producer createProducer() {
            throw new UnsupportedOperationException(
                    "events come from %s:%s, nothing can be sent there".formatted(SCHEME, kind));
        }
    }
}
