// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanlyTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0 ms",
        "12, 12 ms",
        "1000, 1 s",
        "31560, 31.5 s",
        "60000, 1 min",
        "62250, 1 min 2 s",
        "3600000, 1 h",
        "5430000, 1 h 30 min",
        "86400000, 1 d",
        "97200000, 1 d 3 h"
    })
    void saysDurations(long millis, String text) {
        assertThat(Humanly.duration(Duration.ofMillis(millis))).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "1023, 1023 B", "1024, 1.0 KiB", "1610612736, 1.5 GiB"})
    void saysBytes(long bytes, String text) {
        assertThat(Humanly.bytes(bytes)).isEqualTo(text);
    }
}
