// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LiveTasksTest {

    private static final String KEY = "c1ab4eddb4f6a1b2";
    private static final StoreRoot ROOT = StoreRoot.asConfigured(Path.of("/stores"));

    private final LiveTasks live = new LiveTasks();

    @Test
    void theStoreIsNamedAfterTheKey() {
        var lineage = begin("/data/1");

        assertThat(lineage.isOwner()).isTrue();
        assertThat(lineage.task().id()).isEqualTo(KEY);
        assertThat(lineage.task().store()).isEqualTo(Path.of("/stores/c1/ab4eddb4f6a1b2"));
    }

    @Test
    void tasksThatComputeTheSameHaveTheirOwnStores() {
        begin("/data/1");

        assertThat(begin("/data/2").task().id()).isEqualTo(KEY + "-2");
        assertThat(begin("/data/3").task().id()).isEqualTo(KEY + "-3");
    }

    @Test
    void aTaskInTheDirectoryOfAnotherStartsLikeIt() {
        var owner = begin("/data/1");

        var guest = begin("/data/1");

        assertThat(guest.isOwner()).isFalse();
        assertThat(guest.task()).isEqualTo(owner.task());
    }

    @Test
    void theStoreOfATaskThatIsOverServesTheNextOneLikeIt() {
        live.end(begin("/data/1"));

        assertThat(begin("/data/2").task().id()).isEqualTo(KEY);
    }

    @Test
    void theEndOfAGuestLeavesTheStoreToItsOwner() {
        begin("/data/1");

        live.end(begin("/data/1"));

        assertThat(begin("/data/2").task().id()).isEqualTo(KEY + "-2");
    }

    private Lineage begin(String directory) {
        return live.begin(KEY, "ALIGN (1)", ROOT, Path.of(directory));
    }
}
