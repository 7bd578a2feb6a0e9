// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.natives.StoreTask;
import io.nfcheckpoint.natives.StoreView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class EarlierRunTest {

    @Test
    void aJobThatMayStillRunIsTheOneToEnd() {
        assertThat(EarlierRun.runningJob(store(StoreStatus.RUNNING, Map.of("job", "12")), Map.of()))
                .hasValue("12");
    }

    @Test
    void whatHasEndedIsLeftAlone() {
        assertThat(EarlierRun.runningJob(store(StoreStatus.ENDED, Map.of("job", "12")), Map.of()))
                .isEmpty();
        assertThat(EarlierRun.runningJob(store(StoreStatus.STOPPED, Map.of("job", "12")), Map.of()))
                .isEmpty();
        assertThat(EarlierRun.runningJob(new StoreView(Optional.empty(), Optional.empty(), List.of()), Map.of()))
                .isEmpty();
    }

    @Test
    void aTaskThatRanInNextflowsOwnJobHasNone() {
        var store = store(StoreStatus.RUNNING, Map.of("job", "12"));

        assertThat(EarlierRun.runningJob(store, Map.of("SLURM_JOB_ID", "12"))).isEmpty();
        assertThat(EarlierRun.runningJob(store, Map.of("SLURM_JOB_ID", "13"))).hasValue("12");
        assertThat(EarlierRun.runningJob(store(StoreStatus.RUNNING, Map.of()), Map.of()))
                .isEmpty();
    }

    private static StoreView store(String state, Map<String, String> labels) {
        var task = new StoreTask("id", List.of("true"), "/w", "/w", 1, labels, "node1", Instant.EPOCH);
        var status = new StoreStatus(
                state,
                "node1",
                1,
                Instant.EPOCH,
                1,
                List.of(),
                Optional.empty(),
                List.of(),
                OptionalInt.empty(),
                0,
                List.of(),
                Optional.empty());
        return new StoreView(Optional.of(task), Optional.of(status), List.of());
    }
}
