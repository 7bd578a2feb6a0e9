// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.Natives;
import io.nfcheckpoint.natives.StoreFixture;
import io.nfcheckpoint.routes.Endpoints;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.TaskRef;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.junit5.CamelTestSupport;
import org.apache.camel.test.junit5.TestExecutionConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which way a failure takes; what is answered there is the business of {@link RestartingTest}. */
class TaskFailedRouteTest extends CamelTestSupport {

    private static final String[] WAYS = {"restart-from-latest", "restart-from-older", "run-from-start", "give-up"};

    @TempDir
    Path store;

    @Override
    public void configureTest(TestExecutionConfiguration configuration) {
        super.configureTest(configuration);
        camelContextConfiguration().withMockEndpoints("direct:*");
    }

    @Override
    protected RoutesBuilder createRouteBuilder() {
        var checkpointer = Natives.checkpointer();
        var log = new UserLog(LogCapture.LOGGER);
        return new TaskFailedRoute(
                new Stores(checkpointer),
                new GenerationVerifier(checkpointer),
                new TaskLedger(InstantSource.system()),
                new EndedAttempts(
                        new TraceFile(Optional.empty(), log),
                        new FailureRates(Optional.empty(), InstantSource.system(), log),
                        log),
                new Events("", InstantSource.system(), event -> {}),
                log);
    }

    @Test
    void sendsASoundStoreToTheLatestGeneration() throws Exception {
        StoreFixture.create(store).generation(1, 1).generation(2, 2);

        assertTakes("restart-from-latest", false);
    }

    @Test
    void sendsAStoreWithADamagedLatestGenerationToAnOlderOne() throws Exception {
        StoreFixture.create(store).generation(1, 1).generation(2, 2).flipByte(2, "12.img");

        assertTakes("restart-from-older", false);
    }

    @Test
    void sendsAStoreWithoutGenerationToTheStart() throws Exception {
        StoreFixture.create(store);

        assertTakes("run-from-start", true);
    }

    @Test
    void sendsAnErrorExitToTheEngine() throws Exception {
        StoreFixture.create(store).generation(1, 1).ended(1);

        assertTakes("give-up", false);
    }

    private void assertTakes(String way, boolean engineWouldRetry) throws IOException, InterruptedException {
        Stream.of(WAYS).forEach(each -> mock(each).expectedMessageCount(each.equals(way) ? 1 : 0));

        var task = new TaskRef("a1b2", "ALIGN (1)", store);
        template().requestBody(Endpoints.TASK_FAILED, new TaskFailed(task, OptionalInt.of(137), engineWouldRetry, 0));

        MockEndpoint.assertIsSatisfied(context());
    }

    private MockEndpoint mock(String way) {
        return getMockEndpoint("mock:direct:" + way);
    }
}
