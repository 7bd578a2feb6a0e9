// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nfcheckpoint.routes.Place;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps how often tasks fail where: a small JSON file that runs add to, one after the other, and that is always either the
 * old one or the new one. One that is damaged is begun again; it holds nothing that does not come back by itself.
 */
final class FailureRatesFile {

    private static final Logger LOG = LoggerFactory.getLogger(FailureRatesFile.class);

    private static final int FORMAT = 1;

    /** Far more than there are queues. */
    private static final int MOST_BYTES = 1 << 20;

    /** Less, after months, is as good as nothing. */
    private static final double LEAST_SECONDS = 1;

    private final Path path;

    FailureRatesFile(Path path) {
        this.path = path;
    }

    Path path() {
        return path;
    }

    /** @throws IOException naming what is wrong with it */
    Map<Place, FailureRate> read() throws IOException {
        try {
            if (Files.size(path) > MOST_BYTES) {
                throw new IOException("it is larger than such files are");
            }
            return parse(Json.MAPPER.readTree(Files.readAllBytes(path)));
        } catch (NoSuchFileException e) {
            return Map.of();
        } catch (JsonProcessingException e) {
            throw new IOException("it is no JSON", e);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IOException("it is damaged: " + e.getMessage(), e);
        }
    }

    /** @return what is kept now; what another run has added meanwhile is in it */
    Map<Place, FailureRate> add(Map<Place, FailureRate> news) throws IOException {
        // A lock of the file is one of the whole virtual machine.
        synchronized (FailureRatesFile.class) {
            return addAlone(news);
        }
    }

    private Map<Place, FailureRate> addAlone(Map<Place, FailureRate> news) throws IOException {
        Path lock = path.resolveSibling(path.getFileName() + ".lock");
        try (var channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock(channel);
            var all = new HashMap<>(readOrBegin());
            news.forEach((place, rate) -> all.merge(place, rate, FailureRate::plus));
            replace(all);
            return all;
        }
    }

    /**
     * Until the channel is closed. Without locks, as on some filesystems, the worst is that what one of two runs has seen is
     * lost.
     */
    private static void lock(FileChannel channel) {
        try {
            channel.lock();
        } catch (IOException e) {
            LOG.debug("No lock on how often tasks fail where", e);
        }
    }

    private Map<Place, FailureRate> readOrBegin() {
        try {
            return read();
        } catch (IOException e) {
            return Map.of();
        }
    }

    private void replace(Map<Place, FailureRate> rates) throws IOException {
        Path unfinished =
                Files.createTempFile(path.getParent(), path.getFileName().toString(), ".new");
        try {
            Files.write(unfinished, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(document(rates)));
            Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private static ObjectNode document(Map<Place, FailureRate> rates) {
        ObjectNode document = Json.MAPPER.createObjectNode().put("format", FORMAT);
        var places = document.putArray("places");
        rates.forEach((place, rate) -> {
            if (rate.seconds() >= LEAST_SECONDS || rate.failures() > 0) {
                places.addObject()
                        .put("executor", place.executor())
                        .put("queue", place.queue())
                        .put("runSeconds", rate.seconds())
                        .put("failures", rate.failures())
                        .put("at", rate.at().toString());
            }
        });
        return document;
    }

    private static Map<Place, FailureRate> parse(JsonNode document) {
        if (document.path("format").asInt() != FORMAT) {
            throw new IllegalArgumentException("format is not " + FORMAT);
        }
        var rates = new HashMap<Place, FailureRate>();
        Instant now = Instant.now();
        for (JsonNode row : document.path("places")) {
            Instant at = Instant.parse(row.path("at").asText());
            rates.put(
                    new Place(row.path("executor").asText(), row.path("queue").asText()),
                    new FailureRate(
                            row.path("runSeconds").asDouble(Double.NaN),
                            row.path("failures").asDouble(Double.NaN),
                            at.isAfter(now) ? now : at));
        }
        return rates;
    }
}
