// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Something that happened, as the user's routes are told of it. What is not known is left out.
 *
 * @param fields what the JSON body consists of, in this order
 */
record Event(Kind kind, Map<String, Object> fields) {

    /** From {@code checkpoint:events} come those of all kinds. */
    static final String ALL = "events";

    /** Those that routes are likely to choose by are headers as well. */
    static final Map<String, String> HEADERS = headerNames();

    enum Kind {
        TASK_STARTED("task-started"),
        GENERATION_COMPLETE("generation-complete"),
        TASK_FAILED("task-failed"),
        TASK_COMPLETED("task-completed"),
        RUN_ENDING("run-ending");

        private final String id;

        Kind(String id) {
            this.id = id;
        }

        String id() {
            return id;
        }

        static Optional<Kind> of(String id) {
            return Arrays.stream(values()).filter(kind -> kind.id.equals(id)).findFirst();
        }

        static String names() {
            return Stream.concat(Stream.of(ALL), Arrays.stream(values()).map(Kind::id))
                    .collect(Collectors.joining(", "));
        }
    }

    Event {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    String json() {
        try {
            return Json.MAPPER.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts and numbers can be written as JSON", e);
        }
    }

    /** They end up as headers of HTTP too, so that a text has to be one line. */
    Map<String, Object> headers() {
        var headers = new LinkedHashMap<String, Object>();
        headers.put("Content-Type", "application/json");
        HEADERS.forEach((header, field) -> Optional.ofNullable(fields.get(field))
                .ifPresent(value -> headers.put(
                        header, value instanceof String text ? text.replaceAll("\\p{Cntrl}", " ") : value)));
        return headers;
    }

    /** For a person: {@code task-failed of ALIGN (1)}. */
    String description() {
        return Optional.ofNullable(fields.get("task"))
                .map(task -> kind.id() + " of " + task)
                .orElse(kind.id());
    }

    private static Map<String, String> headerNames() {
        var names = new LinkedHashMap<String, String>();
        names.put("CheckpointEvent", "event");
        names.put("CheckpointRun", "run");
        names.put("CheckpointTask", "task");
        names.put("CheckpointTaskId", "id");
        names.put("CheckpointAttempt", "attempt");
        names.put("CheckpointGeneration", "generation");
        names.put("CheckpointCause", "cause");
        names.put("CheckpointExitStatus", "exitStatus");
        names.put("CheckpointNext", "next");
        return Collections.unmodifiableMap(names);
    }
}
