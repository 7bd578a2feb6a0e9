// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.nfcheckpoint.routes.UnusableRoutesException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Route files are real, and so is what they talk to. */
class UserRoutesTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path root;

    private Path folder;
    private LogCapture log;

    @BeforeEach
    void open() throws IOException {
        folder = Files.createDirectories(root.resolve("my routes"));
        log = new LogCapture();
    }

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void everyRouteGetsItsEventsInOrder() throws IOException {
        write("a.yaml", appendTo("all-a", "checkpoint:events", "a"));
        write("b.yml", appendTo("all-b", "checkpoint:events", "b") + appendTo("some", "checkpoint:task-failed", "c"));

        try (var routes = start(LONG)) {
            for (int i = 0; i < 50; i++) {
                routes.tell(event(Event.Kind.TASK_STARTED, i));
                routes.tell(event(Event.Kind.TASK_FAILED, i));
            }
        }

        var all = IntStream.range(0, 50)
                .boxed()
                .flatMap(i ->
                        List.of(
                                event(Event.Kind.TASK_STARTED, i).json(),
                                event(Event.Kind.TASK_FAILED, i).json())
                                .stream())
                .toList();
        assertThat(Files.readAllLines(root.resolve("a"))).isEqualTo(all);
        assertThat(Files.readAllLines(root.resolve("b"))).isEqualTo(all);
        assertThat(Files.readAllLines(root.resolve("c")))
                .hasSize(50)
                .allMatch(line -> line.contains("\"event\":\"task-failed\""));
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void routesChooseByHeadersAndPostToTheWorld() throws IOException {
        BlockingQueue<String> posted = new LinkedBlockingQueue<>();
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            var headers = exchange.getRequestHeaders();
            posted.add("%s %s %s %s"
                    .formatted(
                            exchange.getRequestMethod(),
                            headers.getFirst("Content-Type"),
                            headers.getFirst("CheckpointTask"),
                            new String(exchange.getRequestBody().readAllBytes())));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        write("post.xml", """
                <routes xmlns="http://camel.apache.org/schema/spring">
                  <route id="post">
                    <from uri="checkpoint:task-failed"/>
                    <filter>
                      <simple>${header.CheckpointAttempt} == 2</simple>
                      <to uri="http://127.0.0.1:%d/failures"/>
                    </filter>
                  </route>
                </routes>
                """.formatted(server.getAddress().getPort()));

        try (var routes = start(LONG)) {
            IntStream.range(0, 4).forEach(i -> routes.tell(event(Event.Kind.TASK_FAILED, i)));
        } finally {
            server.stop(0);
        }

        assertThat(posted)
                .containsExactly("POST application/json ALIGN (1) "
                        + event(Event.Kind.TASK_FAILED, 2).json());
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void routesInJavaSeeEachOtherAndTheJarsBesideThem() throws IOException {
        jar(
                "words.jar",
                "package words; public class Words { public static final String ONE = text(); "
                        + "static String text() { return \"from a jar\"; } }");
        write("Mine.java", """
                package mine;

                import org.apache.camel.builder.RouteBuilder;

                public class Mine extends RouteBuilder {
                    @Override
                    public void configure() {
                        from("checkpoint:run-ending").setBody(constant(Other.word())).to("file:%s?fileName=java");
                    }
                }
                """.formatted(root));
        write("Other.java", """
                package mine;

                class Other extends org.apache.camel.builder.RouteBuilder {
                    static String word() {
                        return words.Words.ONE;
                    }

                    @Override
                    public void configure() {
                        throw new IllegalStateException("it is not public");
                    }
                }
                """);

        try (var routes = start(LONG)) {
            routes.tell(event(Event.Kind.RUN_ENDING, 1));
        }

        assertThat(root.resolve("java")).hasContent("from a jar");
    }

    @Test
    void configurationsOfRoutesHoldInAllFiles() throws IOException {
        write("a.yaml", fail("all", "checkpoint:events"));
        write("b.yaml", """
                - routeConfiguration:
                    onException:
                      - onException:
                          exception: [java.lang.Exception]
                          handled: {constant: "true"}
                          steps:
                            - to:
                                uri: file:%s
                                parameters: {fileName: handled}
                """.formatted(root));

        try (var routes = start(LONG)) {
            routes.tell(event(Event.Kind.RUN_ENDING, 1));
        }

        assertThat(root.resolve("handled"))
                .hasContent(event(Event.Kind.RUN_ENDING, 1).json());
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void aRouteThatFailsIsOneWarning() throws IOException {
        write("a.yaml", fail("failing", "checkpoint:events"));
        write("b.yaml", appendTo("sound", "checkpoint:events", "b"));

        try (var routes = start(LONG)) {
            IntStream.range(0, 20).forEach(i -> routes.tell(event(Event.Kind.TASK_FAILED, i)));
        }

        assertThat(log.lines())
                .singleElement()
                .asString()
                .matches(
                        "WARN Route 'failing' \\(a.yaml:4\\) failed on task-failed of ALIGN \\(1\\): .*Connection refused.*;"
                                + " the run goes on, and further failures of it are only in the log");
        assertThat(Files.readAllLines(root.resolve("b"))).hasSize(20);
    }

    @Test
    void aRouteThatHangsIsNotWaitedForForever() throws IOException {
        tellOneWhoseConnectionNobodyAnswers("hanging", Duration.ofMillis(300), 3, ServerSocket::accept);

        assertThat(log.lines())
                .containsExactly("WARN Route 'hanging' (a.yaml:4) did not finish within 300 ms; 3 events are lost");
    }

    @Test
    void aRouteThatIsFarBehindMissesEventsAndIsOneWarning() throws IOException {
        tellOneWhoseConnectionNobodyAnswers(
                "slow",
                Duration.ofMillis(1),
                10_100,
                server -> assertThat(log.lines())
                        .containsExactly("WARN Route 'slow' (a.yaml:4) is behind by 10000 events;"
                                + " while that is so, it misses what happens"));
    }

    private interface Meanwhile {
        void with(ServerSocket server) throws IOException;
    }

    /** Connections are taken by the kernel, and nobody ever answers. */
    private void tellOneWhoseConnectionNobodyAnswers(String id, Duration limit, int events, Meanwhile meanwhile)
            throws IOException {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            write("a.yaml", post(id, "checkpoint:events", silent.getLocalPort()));
            try (var routes = start(limit)) {
                IntStream.range(0, events).forEach(i -> routes.tell(event(Event.Kind.TASK_FAILED, i)));
                meanwhile.with(silent);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a.yaml | - route:#    from: [ |, line 3: expected the node content",
                "a.yaml | - route:#    from:#      uri: checkpoint:events#      stepps: [] |, line 4: Unsupported field: stepps",
                "a.yaml | - route:#    from:#      uri: checkpoint:events#      steps:#        - too: x "
                        + "|, line 5: Unknown node id: too",
                "a.yaml | - route:#    from:#      uri: checkpoint:task-faild#      steps:#        - to: 'log:x' "
                        + "|, line 3: there is no checkpoint:task-faild; there are events, task-started,",
                "a.yaml | - route:#    from:#      uri: checkpoint:events#      steps:#        - log: x#        - to: carrier:pigeon "
                        + "|, line 6: No endpoint could be found for: carrier://pigeon; jars of",
                "a.yaml | - route:#    from:#      uri: checkpoint:events#      steps:#        - to: 'file:x?fileNam=y' "
                        + "|, line 5: Failed to resolve endpoint: file://x?fileNam=y",
                "a.yaml | - route:#    from:#      uri: checkpoint:events#      steps:#        - to: 'checkpoint:events' "
                        + "|, line 5: events come from checkpoint:events, nothing can be sent there",
                "a.yaml | - route:#    from:#      uri: checkpoint:events#      steps:#        - to: '{{env:NO_SUCH_VARIABLE}}' "
                        + "|, line 5: Property with key [env:NO_SUCH_VARIABLE]",
                "a.yaml | nonsense |: there is no route in it",
                "a.yaml | '' |: there is no route in it",
                "a.xml | nonsense |: there is no route in it",
                "a.xml | <routes>#<route>#<from uri='checkpoint:events'/>#<too uri='log:x'/>#</route>#</routes> "
                        + "|, line 4: Unexpected element 'too'",
                "a.xml | <routes>#<route>#<from uri='checkpoint:events'/>#<to urii='log:x'/>#</route>#</routes> "
                        + "|, line 4: Unexpected attribute 'urii'",
                "a.xml | <routes>#<route>#<from uri='checkpoint:events'/>#<to uri='carrier:pigeon'/>#</route>#</routes> "
                        + "|, line 4: No endpoint could be found for: carrier://pigeon",
                "a.xml | <routes>#<route> |, line ",
                "A.java | public class A {#int x = y;#} |, line 2: cannot find symbol",
                "A.java | public class A { } |: there is no public class in it that extends RouteBuilder",
                "A.java | public class A extends org.apache.camel.builder.RouteBuilder {#public void configure() {#"
                        + "throw new IllegalStateException(\"not today\"); } } |, line 3: not today",
                "A.java | public class A extends org.apache.camel.builder.RouteBuilder {#public void configure() {#"
                        + "from(\"checkpoint:events\")#.to(\"carrier:pigeon\"); } } |, line 4: No endpoint could be found",
            })
    void aMistakeIsNamedWithItsFileAndLine(String name, String text, String message) throws IOException {
        write("z.yaml", appendTo("sound", "checkpoint:events", "b"));
        Path file = write(name, text.replace("#", "\n") + "\n");

        assertThatThrownBy(() -> start(LONG))
                .isInstanceOf(UnusableRoutesException.class)
                .message()
                .startsWith("checkpoint.routes: '" + file + "'" + message)
                .doesNotContain("\n");
    }

    @Test
    void aFolderWithoutRoutesIsAMistake() throws IOException {
        write("README.md", "no route");

        assertThatThrownBy(() -> start(LONG))
                .isInstanceOf(UnusableRoutesException.class)
                .hasMessage(
                        "checkpoint.routes: no route file is in '%s';" + " route files end in .yaml, .yml, .xml, .java",
                        folder);
        assertThatThrownBy(() -> UserRoutes.start(root.resolve("nowhere"), new UserLog(LogCapture.LOGGER)))
                .isInstanceOf(UnusableRoutesException.class)
                .hasMessage("checkpoint.routes: '%s' is no directory", root.resolve("nowhere"));
    }

    @Test
    void routesInJavaNeedACompiler() throws IOException {
        Path file = write("A.java", "public class A { }");
        var files = new JavaRouteFiles(getClass().getClassLoader(), Optional.empty());

        assertThat(files.compile(List.of())).isEmpty();
        assertThatThrownBy(() -> files.compile(List.of(file)))
                .isInstanceOf(UnusableRoutesException.class)
                .hasMessage(
                        "checkpoint.routes: '%s': routes in Java need a JDK, and the Java in '%s' has no compiler",
                        file, System.getProperty("java.home"));
    }

    private UserRoutes start(Duration limit) {
        return UserRoutes.start(folder, new UserLog(LogCapture.LOGGER), limit);
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static Event event(Event.Kind kind, int attempt) {
        return new Event(kind, Map.of("event", kind.id(), "attempt", attempt, "task", "ALIGN (1)"));
    }

    private String appendTo(String id, String from, String file) {
        return """
                - route:
                    id: %s
                    from:
                      uri: %s
                      steps:
                        - to:
                            uri: file:%s
                            parameters:
                              fileName: %s
                              fileExist: Append
                              appendChars: '\\n'
                """.formatted(id, from, root, file);
    }

    /** A port that was free a moment ago, and that nobody listens on. */
    private static String fail(String id, String from) throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return post(id, from, free.getLocalPort());
        }
    }

    private static String post(String id, String from, int port) {
        return """
                - route:
                    id: %s
                    from:
                      uri: %s
                      steps:
                        - to: "http://127.0.0.1:%d/"
                """.formatted(id, from, port);
    }

    private void jar(String name, String source) throws IOException {
        Path classes = Files.createDirectories(root.resolve("classes"));
        Path file = Files.writeString(root.resolve("Words.java"), source);
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, "-proc:none", "-d", classes.toString(), file.toString()))
                .isZero();
        try (var jar = new JarOutputStream(Files.newOutputStream(folder.resolve(name)))) {
            jar.putNextEntry(new JarEntry("words/Words.class"));
            Files.copy(classes.resolve("words/Words.class"), jar);
            jar.closeEntry();
        }
    }
}
