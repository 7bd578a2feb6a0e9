// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointPolicyTest {

    private static final CheckpointPolicy BASE = CheckpointPolicy.DEFAULTS;

    @ParameterizedTest
    @CsvSource({
        "500ms, 500",
        "30s, 30000",
        "30 s, 30000",
        "'  30 sec ', 30000",
        "10min, 600000",
        "10 m, 600000",
        "1h, 3600000",
        "1h 30m, 5400000",
        "1h30min, 5400000",
        "1.5 h, 5400000",
        "2 days, 172800000",
        "45, 45000",
        "0, 0",
        "0s, 0",
        "10 MIN, 600000"
    })
    void readsTimesAsPeopleWriteThem(String text, long millis) {
        assertThat(parse("grace", text).grace()).isEqualTo(Duration.ofMillis(millis));
        assertThat(parse("interval", new StringBuilder(text)).interval())
                .isEqualTo(Interval.every(Duration.ofMillis(millis)));
    }

    @Test
    void readsTimesOfOtherTypes() {
        assertThat(parse("grace", 30).grace()).isEqualTo(Duration.ofSeconds(30));
        assertThat(parse("minRuntime", 0.5).minRuntime()).isEqualTo(Duration.ofMillis(500));
        assertThat(parse("grace", Duration.ofHours(2)).grace()).isEqualTo(Duration.ofHours(2));
    }

    @Test
    void leavesTheIntervalToBeChosen() {
        assertThat(parse("interval", "auto").interval()).isEqualTo(Interval.AUTO);
        assertThat(parse("interval", " Auto ").interval()).isEqualTo(Interval.AUTO);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"USR1 | USR1=end", "sigusr1=continue | USR1=continue", "USR1=pass, HUP | USR1=pass,HUP=end"})
    void readsWhatSignalsMean(String text, String signals) {
        assertThat(parse("signal", text).signals()).containsExactly(signals.split(","));
        assertThat(parse("signal", List.of(text.split(","))).signals()).containsExactly(signals.split(","));
    }

    @ParameterizedTest
    @EnumSource(PolicyKey.class)
    void theDefaultsAreWhatTheKeysSay(PolicyKey key) {
        if (!key.defaultText().isEmpty()) {
            var other = BASE.toBuilder()
                    .enabled(false)
                    .interval(Interval.AUTO)
                    .minRuntime(Duration.ofSeconds(7))
                    .keep(7)
                    .maxRestarts(7)
                    .maxSize(7)
                    .grace(Duration.ofSeconds(7))
                    .onError(OnError.IGNORE)
                    .refreshEnv(List.of("OTHER"))
                    .storeRoot(Path.of("other"))
                    .build();

            assertThat(CheckpointPolicy.parse(Map.of(key.key(), key.defaultText()), BASE))
                    .isEqualTo(BASE);
            if (key != PolicyKey.COMPRESSION) {
                assertThat(CheckpointPolicy.parse(Map.of(key.key(), key.defaultText()), other))
                        .isNotEqualTo(other);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "10 fortnights", "-5s", "5s and more", "s", "1e9", "99999999999999999999"})
    void refusesWhatIsNoTime(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("interval", text))
                .withMessageStartingWith("checkpoint.interval: '" + text + "' is not allowed; allowed: ")
                .withMessageContaining("10min");
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1000, 1000", "500M, 524288000", "1.5 GB, 1610612736", "2 TiB, 2199023255552", "7 b, 7"})
    void readsSizesAsPeopleWriteThem(String text, long bytes) {
        assertThat(parse("maxSize", text).maxSize()).isEqualTo(bytes);
    }

    @Test
    void refusesANegativeDuration() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BASE.toBuilder()
                        .interval(Interval.every(Duration.ofSeconds(-1)))
                        .build())
                .withMessageStartingWith("checkpoint.interval: 'PT-1S' is not allowed");
    }

    @Test
    void readsEveryKeyAndKeepsTheRest() {
        var values = new HashMap<String, Object>(Map.of(
                "enabled", "false", "dir", "/scratch/stores", "keep", "3", "maxRestarts", 0L, "maxSize", "10 GB"));
        values.putAll(Map.of(
                "interval", "auto", "minRuntime", "1 min", "grace", 5, "onError", "rerun", "compression", "none"));
        values.putAll(Map.of("signal", "USR1=continue", "refreshEnv", "default, MY_*", "routes", "/home/me/routes"));
        assertThat(values).hasSize(PolicyKey.values().length);

        var policy = CheckpointPolicy.parse(values, BASE);

        assertThat(policy)
                .isEqualTo(new CheckpointPolicy(
                        false,
                        Interval.AUTO,
                        Duration.ofMinutes(1),
                        3,
                        0,
                        10L << 30,
                        Duration.ofSeconds(5),
                        OnError.RERUN,
                        Compression.NONE,
                        List.of("USR1=continue"),
                        List.of("default", "MY_*"),
                        Path.of("/scratch/stores"),
                        Optional.of(Path.of("/home/me/routes"))));
        assertThat(CheckpointPolicy.parse(Map.of(), policy)).isEqualTo(policy);
    }

    @Test
    void routesAreForTheRunAlone() {
        assertThat(CheckpointPolicy.forRun(Map.of("routes", "routes"), BASE).routes())
                .contains(Path.of("routes"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CheckpointPolicy.forTask(Map.of("keep", 3, "routes", "routes"), BASE))
                .withMessage("checkpoint.routes: 'routes' is not allowed for a task; it can be set for the run only");
    }

    @ParameterizedTest
    @CsvSource({
        "keep, 0, from 1 up",
        "keep, two, from 1 up",
        "keep, 1.5, from 1 up",
        "maxRestarts, -1, from 0 up",
        "maxSize, -1, 10 GB",
        "maxSize, much, 10 GB",
        "maxSize, 1 furlong, 10 GB",
        "enabled, maybe, true or false",
        "dir, '', a path",
        "minRuntime, soon, 10min",
        "grace, -1s, 10min",
        "onError, retry, 'restart, rerun or ignore'",
        "compression, zstd, 'none (images'",
        "signal, KILL, USR1=continue",
        "signal, USR1=stop, USR1=continue",
        "signal, '', USR1=continue",
        "refreshEnv, '', MY_TOKEN",
        "refreshEnv, A=1, MY_TOKEN"
    })
    void namesKeyAndValueAndWhatIsAllowed(String key, String value, String allowed) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(key, value))
                .withMessageStartingWith("checkpoint.%s: '%s' is not allowed; allowed: ", key, value)
                .withMessageContaining(allowed);
    }

    @Test
    void refusesNull() {
        for (PolicyKey key : PolicyKey.values()) {
            var values = new HashMap<String, Object>();
            values.put(key.key(), null);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CheckpointPolicy.parse(values, BASE))
                    .withMessageStartingWith("checkpoint." + key.key() + ": 'null' is not allowed");
        }
    }

    @Test
    void namesTheAllowedKeysWhenOneIsUnknown() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("intervall", "30s"))
                .withMessage("checkpoint.intervall: no such key (value '30s');"
                        + " allowed: enabled, interval, minRuntime, keep, maxRestarts, maxSize, grace, onError,"
                        + " compression, signal, refreshEnv, dir, routes");
    }

    @Test
    void takesTheDirectiveOfATask() {
        assertThat(CheckpointPolicy.forTask(null, BASE)).isEqualTo(BASE);
        assertThat(CheckpointPolicy.forTask(false, BASE).enabled()).isFalse();
        assertThat(CheckpointPolicy.forTask("false", BASE).enabled()).isFalse();
        assertThat(CheckpointPolicy.forTask(Map.of("interval", "30 s"), BASE))
                .isEqualTo(BASE.toBuilder()
                        .interval(Interval.every(Duration.ofSeconds(30)))
                        .build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CheckpointPolicy.forTask("often", BASE))
                .withMessageStartingWith("checkpoint: 'often' is not allowed; allowed: true, false or a map");
    }

    private static CheckpointPolicy parse(String key, Object value) {
        return CheckpointPolicy.parse(Map.of(key, value), BASE);
    }
}
