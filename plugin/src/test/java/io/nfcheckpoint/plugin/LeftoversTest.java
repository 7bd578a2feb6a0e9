// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.routes.TaskRef;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeftoversTest {

    @Test
    void theHistoryNamesASessionInEachLine() {
        var history = List.of(
                "2026-11-26 12:00:00\t3.1s\tmad_curie\tOK\tabcdef0123\t"
                        + "6a2b4c8e-0000-4111-8222-0123456789ab\tnextflow run main.nf",
                "2026-11-26 12:01:00\t-\tsad_bohr\t-\tabcdef0123\t"
                        + "11111111-2222-3333-4444-555555555555\tnextflow run main.nf -resume x",
                "");

        assertThat(Leftovers.sessions(history))
                .containsExactlyInAnyOrder(
                        "6a2b4c8e-0000-4111-8222-0123456789ab", "11111111-2222-3333-4444-555555555555");
    }

    @Test
    void theSameWorkHasTheSameNameInEveryRun() {
        String first = work("0011-5cf1a2b3", "ALIGN (1)");

        assertThat(work("2233-5cf1a2b3", "ALIGN (1)")).isEqualTo(first);
        assertThat(work("0011-5cf1a2b3", "ALIGN (2)")).isNotEqualTo(first);
        assertThat(work("0011-ffffffff", "ALIGN (1)")).isNotEqualTo(first);
    }

    private static String work(String id, String name) {
        return Leftovers.work(new TaskRef(id, name, Path.of("/store")));
    }
}
