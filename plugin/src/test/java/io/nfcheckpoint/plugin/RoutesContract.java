// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Routes of the user in YAML, XML and Java, of which one has nobody to talk to, while a task is killed with SIGKILL. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class RoutesContract {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String version;

    private Path launched;
    private PipelineRun run;
    private int status;

    RoutesContract(String version) {
        this.version = version;
    }

    @BeforeAll
    void killATaskOnTheWay() throws Exception {
        var folder = NextflowFolder.create("routes", version);
        launched = folder.path();
        writeRoutes(Files.createDirectories(launched.resolve("my routes")));
        Path hold = Files.createFile(launched.resolve("hold"));
        try (var started = folder.start("routes", "run", "-plugins", NextflowFolder.PLUGIN)) {
            run = started;
            var store = LiveStore.of("COUNTS", launched.resolve("work"), run);
            store.awaitLines(9);
            store.checkpoint();
            store.kill();
            Files.delete(hold);
            status = started.await();
        }
    }

    private static void writeRoutes(Path folder) throws IOException {
        Files.writeString(folder.resolve("all.yaml"), """
                - route:
                    from:
                      uri: checkpoint:events
                      steps:
                        - to:
                            uri: file:.
                            parameters: {fileName: events.jsonl, fileExist: Append, appendChars: '\\n'}
                """);
        Files.writeString(folder.resolve("failures.xml"), """
                <routes>
                  <route id="nobody-listens">
                    <from uri="checkpoint:events"/>
                    <to uri="http://127.0.0.1:%d/"/>
                  </route>
                </routes>
                """.formatted(freePort()));
        Files.writeString(folder.resolve("Endings.java"), """
                import org.apache.camel.builder.RouteBuilder;

                public class Endings extends RouteBuilder {
                    @Override
                    public void configure() {
                        from("checkpoint:task-failed")
                                .setBody(simple("${header.CheckpointTask} ${header.CheckpointCause}"))
                                .to("file:.?fileName=failure.txt");
                    }
                }
                """);
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    @Test
    void theRunSucceeds() throws IOException {
        assertThat(status).as(run.text()).isZero();
        assertThat(run.text()).containsPattern("COUNTS was killed.*: continues from generation 1, taken after ");
    }

    @Test
    void routesInYamlAreToldOfAllThatHappens() throws IOException {
        var events = events();

        assertThat(events)
                .extracting(event -> event.path("event").asText())
                .containsExactly(
                        "task-started",
                        "generation-complete",
                        "task-failed",
                        "task-started",
                        "task-completed",
                        "run-ending");
        assertThat(events.get(1).path("cause").asText()).isEqualTo("request");
        assertThat(events.get(1).path("bytes").asLong()).isPositive();
        assertThat(events.get(2).path("exitStatus").asInt()).isEqualTo(137);
        assertThat(events.get(3).path("generation").asInt()).isEqualTo(1);
        assertThat(events.get(4).path("restartedFrom").asInt()).isEqualTo(1);
        assertThat(events).extracting(event -> event.path("run").asText()).allMatch(name -> run().contains(name));
    }

    @Test
    void routesInJavaChooseByHeaders() {
        assertThat(launched.resolve("failure.txt")).hasContent("COUNTS killed");
    }

    @Test
    void aRouteThatFailsIsOneWarning() {
        assertThat(run().lines().filter(line -> line.contains("nobody-listens")))
                .singleElement()
                .asString()
                .startsWith("WARN: Route 'nobody-listens' (failures.xml:3) failed on task-started of COUNTS: ")
                .contains("refused");
    }

    private List<JsonNode> events() throws IOException {
        var events = new ArrayList<JsonNode>();
        for (String line : Files.readAllLines(launched.resolve("events.jsonl"))) {
            events.add(JSON.readTree(line));
        }
        return events;
    }

    private String run() {
        try {
            return run.text();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
