// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nfcheckpoint.natives.GenerationManifest;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.Evidence;
import io.nfcheckpoint.routes.Place;
import io.nfcheckpoint.routes.RetryDecision.RestartFrom;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.TaskFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tables for people say what the code does. */
class ReadmeTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String README = readme();

    @Test
    void theTableOfCausesIsWhatIsDecided() {
        var rows = table("| cause |");

        assertThat(rows)
                .extracting(row -> row.get(0))
                .containsExactlyElementsOf(Stream.of(FailureCause.values())
                        .map(cause -> "`" + cause.id() + "`")
                        .toList());
        for (var row : rows) {
            var cause = FailureCause.valueOf(
                    row.get(0).replace("`", "").replace('-', '_').toUpperCase(Locale.ROOT));
            if (cause.interrupted() && cause != FailureCause.RUN_ENDED) {
                assertThat(row.get(2)).isEqualTo("restart");
                assertThat(row.get(3)).isEqualTo(cause.infrastructure() ? "yes" : "no");
                assertThat(row.get(4)).isEqualTo(Integer.toString(failuresFromOneImage(cause)));
            } else {
                assertThat(row.get(2)).isNotEqualTo("restart");
            }
        }
    }

    @Test
    void theTableOfColumnsIsWhatIsWritten() {
        var documented = table("| column |").stream()
                .flatMap(row -> Stream.of(row.get(0).replace("`", "").split(", ")))
                .collect(Collectors.toList());

        assertThat(documented).containsExactlyElementsOf(AttemptRow.COLUMNS);
    }

    @Test
    void theTableOfEndpointsIsWhatRoutesMayConsumeFrom() {
        assertThat(table("| consume from |"))
                .extracting(row -> row.get(0).replace("`", "").replace("checkpoint:", ""))
                .containsExactlyInAnyOrder(Event.Kind.names().split(", "));
    }

    @Test
    void theTableOfHeadersIsWhatEventsHave() {
        assertThat(table("| header |"))
                .extracting(
                        row -> row.get(0).replace("`", "") + "=" + row.get(1).replace("`", ""))
                .containsExactlyElementsOf(
                        Event.HEADERS.entrySet().stream().map(Object::toString).toList());
    }

    /** With everything that may be known. */
    @Test
    void theExamplesOfEventsAreWhatIsTold() throws IOException {
        var told = new ArrayList<Event>();
        var events = new Events("run", Instant::now, told::add);
        var restart = new RestartFrom(2, List.of("generation 3: damaged"), true);
        var attempt = new Attempt(
                new PendingTask(Values.pending(Values.POLICY, true), Optional.empty(), Optional.empty(), false));
        var manifest = GenerationManifest.parse(
                "{'format':1,'generation':2,'created':'2026-11-22T12:00:00Z',".replace('\'', '"')
                        + "'cause':'periodic','runSeconds':90,'pauseSeconds':0.5,'writeSeconds':1,'bytes':7}"
                                .replace('\'', '"'));
        var row = new AttemptRow(
                1,
                Path.of("/work/1"),
                Place.UNKNOWN,
                Optional.of(Instant.now()),
                Instant.now(),
                new Ending("killed", true, OptionalInt.of(137), "restart"),
                1,
                Duration.ofMillis(500),
                7,
                List.of(manifest),
                Optional.of(new StoreStatus.Restart(Instant.now(), 2, Duration.ofMinutes(1))),
                Optional.empty());
        var failure = Values.failure(Values.ended(137, 2), false);
        events.started(Values.TASK, Optional.of(attempt), Optional.of(new Judgement(failure, restart)));
        events.failed(new Judgement(failure, restart), row);
        events.completed(Values.TASK, row);
        events.ending(RunSummary.NOTHING);

        var examples = examples();
        assertThat(examples).hasSameSizeAs(Event.Kind.values());
        for (Event event : told) {
            var example = examples.get(event.kind().id());
            assertThat(shape(example)).isEqualTo(shape(JSON.readTree(event.json())));
        }
        var documented = table("| field |").stream()
                .flatMap(documentedRow ->
                        Stream.of(documentedRow.get(0).replace("`", "").split(", ")))
                .toList();
        assertThat(told.stream()
                        .flatMap(event -> event.fields().keySet().stream())
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(documented);
    }

    /** Names in their order with the types of the values. */
    private static List<String> shape(JsonNode object) {
        return object.properties().stream()
                .map(field -> field.getKey() + ": " + field.getValue().getNodeType())
                .toList();
    }

    private static Map<String, JsonNode> examples() throws IOException {
        var examples = new HashMap<String, JsonNode>();
        for (String block : README.split("\n\n")) {
            if (block.startsWith("    {\"event\"")) {
                var example = JSON.readTree(block);
                examples.put(example.path("event").asText(), example);
            }
        }
        return examples;
    }

    /** Found out by failing. */
    private static int failuresFromOneImage(FailureCause cause) {
        return IntStream.rangeClosed(1, 5)
                .filter(failures -> failureAfter(cause, failures).isSpent(7))
                .findFirst()
                .orElseThrow();
    }

    private static Failure failureAfter(FailureCause cause, int failures) {
        int[] restarts = IntStream.generate(() -> 7).limit(failures).toArray();
        var evidence = new Evidence(
                cause == FailureCause.WALLTIME,
                Optional.empty(),
                OptionalLong.empty(),
                cause == FailureCause.OUT_OF_MEMORY ? "MemoryError" : "");
        var status = switch (cause) {
            case CRASHED -> Values.ended(139, restarts);
            case SIGNALLED -> Values.ended(137, restarts);
            case OUT_OF_MEMORY -> Values.ended(1, restarts);
            case PREEMPTED -> Values.status("stopped", restarts);
            default -> Values.status("running", restarts);
        };
        var exitStatus = cause == FailureCause.NODE_LOST ? OptionalInt.empty() : OptionalInt.of(137);
        var event = new TaskFailed(Values.TASK, exitStatus, false, 0, evidence);
        var failure = new Failure(event, Values.POLICY, Optional.of(status), History.NONE, List.of(7), List.of());
        assertThat(failure.cause()).isEqualTo(cause);
        return failure;
    }

    private static String readme() {
        try {
            return Files.readString(Path.of(System.getProperty("basedir", ""), "README.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<List<String>> table(String head) {
        var lines = README.lines().toList();
        int first = IntStream.range(0, lines.size())
                .filter(i -> lines.get(i).startsWith(head))
                .findFirst()
                .orElseThrow();
        var rows = new ArrayList<List<String>>();
        for (int i = first + 2; lines.get(i).startsWith("|"); i++) {
            rows.add(Stream.of(lines.get(i).split("\\|"))
                    .skip(1)
                    .map(String::strip)
                    .toList());
        }
        return rows;
    }
}
