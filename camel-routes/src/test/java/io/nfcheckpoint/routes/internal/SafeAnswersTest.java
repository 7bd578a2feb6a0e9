// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.routes.RetryDecision.GiveUp;
import io.nfcheckpoint.routes.RetryDecision.RunFromStart;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.TaskCompleted;
import io.nfcheckpoint.routes.WrapDecision.LeaveAlone;
import io.nfcheckpoint.routes.WrapDecision.Wrap;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** What cannot be known, or done, leaves the engine to itself. */
class SafeAnswersTest extends PlayedEngine {

    @Test
    void leavesTheTwinOfARunningTaskAlone() {
        assertThat(pending(1)).isInstanceOf(Wrap.class);
        assertThat(pending(1)).isInstanceOf(LeaveAlone.class);
    }

    @Test
    void answersSafelyWhenTheStoreCannotBeUnderstood() throws IOException {
        runUntilKilled().generation(1, 31.5);
        Files.writeString(task.store().resolve("status.json"), "{\"format\": 99}");

        assertThat(failed(137, false)).isInstanceOf(GiveUp.class);
        assertThat(failed(137, true)).isInstanceOf(RunFromStart.class);
        assertThat(pending(2)).isInstanceOf(LeaveAlone.class);
        routes.completed(new TaskCompleted(task));
        assertThat(log.lines())
                .hasSize(4)
                .allSatisfy(line -> assertThat(line).startsWith("WARN ").contains("ALIGN (1)", "status.json"));
    }

    @Test
    void answersSafelyAfterItWasClosed() {
        routes.close();

        assertThat(pending(1)).isInstanceOf(LeaveAlone.class);
        assertThat(failed(137, true)).isInstanceOf(RunFromStart.class);
        assertThat(routes.ending()).isEqualTo(RunSummary.NOTHING);
    }
}
