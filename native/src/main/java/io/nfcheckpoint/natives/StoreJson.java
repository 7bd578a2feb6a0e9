// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the JSON of docs/image-format.md. Unknown fields are later versions' business; another {@code format} or a
 * missing part is {@code DAMAGED}.
 */
final class StoreJson {

    private static final int FORMAT = 1;

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .addModule(new SimpleModule().addDeserializer(Duration.class, new Seconds()))
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private StoreJson() {}

    static HostCheck hostCheck(String json) {
        return convert("host check", parse("host check", json), HostCheck.class);
    }

    static GenerationManifest manifest(String json) {
        return manifest(parse("manifest", json));
    }

    static StoreStatus status(String json) {
        return convert("status.json", parse("status.json", json), StoreStatus.class);
    }

    static StoreView storeView(String json) {
        JsonNode view = requireFormat("store", parse("store", json));
        return new StoreView(
                part("task.json", view.path("task"), StoreTask.class),
                part("status.json", view.path("status"), StoreStatus.class),
                generations(view.path("generations")));
    }

    static int requestedGeneration(String json) {
        JsonNode reply = requireFormat("reply", parse("reply", json));
        return requireNumber("reply", reply.path("generation"));
    }

    static long removedBytes(String json) {
        return requireFormat("reply", parse("reply", json)).path("bytes").asLong();
    }

    private static <T> Optional<T> part(String what, JsonNode node, Class<T> type) {
        return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(convert(what, node, type));
    }

    private static List<StoredGeneration> generations(JsonNode nodes) {
        var generations = new ArrayList<StoredGeneration>();
        for (JsonNode node : nodes) {
            int number = requireNumber("generation", node.path("generation"));
            generations.add(generation(number, node));
        }
        return generations;
    }

    private static StoredGeneration generation(int number, JsonNode node) {
        if (node.hasNonNull("damaged")) {
            return new StoredGeneration(
                    number, Optional.empty(), Optional.of(node.get("damaged").asText()));
        }
        try {
            return new StoredGeneration(number, Optional.of(manifest(node)), Optional.empty());
        } catch (CheckpointException e) {
            return new StoredGeneration(number, Optional.empty(), Optional.of(e.getMessage()));
        }
    }

    private static GenerationManifest manifest(JsonNode node) {
        requireNumber("manifest", node.path("generation"));
        return convert("manifest", node, GenerationManifest.class);
    }

    private static int requireNumber(String what, JsonNode number) {
        if (!number.canConvertToInt() || !number.isIntegralNumber() || number.intValue() < 1) {
            throw damaged("%s: '%s' is no generation number".formatted(what, number.asText()), null);
        }
        return number.intValue();
    }

    private static JsonNode requireFormat(String what, JsonNode node) {
        JsonNode format = node.path("format");
        if (!format.isIntegralNumber() || !format.canConvertToInt() || format.intValue() != FORMAT) {
            throw damaged("%s: format %s is not %d".formatted(what, format.asText("?"), FORMAT), null);
        }
        return node;
    }

    private static JsonNode parse(String what, String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw damaged("%s: %s".formatted(what, e.getOriginalMessage()), e);
        }
    }

    private static <T> T convert(String what, JsonNode node, Class<T> type) {
        try {
            return MAPPER.treeToValue(requireFormat(what, node), type);
        } catch (JsonProcessingException e) {
            throw damaged("%s: %s".formatted(what, e.getOriginalMessage()), e);
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw damaged("%s: %s".formatted(what, e.getMessage()), e);
        }
    }

    private static CheckpointException damaged(String message, Exception cause) {
        return new CheckpointException(CheckpointException.Code.DAMAGED, message, cause);
    }

    /** A number of seconds. */
    private static final class Seconds extends StdDeserializer<Duration> {
        private static final long serialVersionUID = 1L;

        /** More than any tree runs, and far from where a duration would overflow. */
        private static final double MOST = 9e9;

        private Seconds() {
            super(Duration.class);
        }

        @Override
        public Duration deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            double seconds = parser.currentToken().isNumeric() ? parser.getDoubleValue() : -1;
            if (!(seconds >= 0 && seconds <= MOST)) {
                throw context.weirdStringException(parser.getText(), Duration.class, "no number of seconds");
            }
            return Duration.ofNanos(Math.round(seconds * 1e9));
        }
    }
}
