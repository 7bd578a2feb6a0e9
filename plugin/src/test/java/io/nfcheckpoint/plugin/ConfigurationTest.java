// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import groovy.lang.Closure;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.Interval;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import nextflow.util.MemoryUnit;
import org.codehaus.groovy.runtime.GStringImpl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {

    private static final Path WORK = Path.of("/runs/work");
    private static final Path BASE = Path.of("/runs");

    @Test
    void aRunThatSaysNothingHasTheDefaults() {
        var policy = Configuration.ofRun(Map.of(), WORK, BASE);

        assertThat(policy.enabled()).isTrue();
        assertThat(policy.interval()).isEqualTo(Interval.every(Duration.ofMinutes(10)));
        assertThat(policy.keep()).isEqualTo(2);
        assertThat(policy.storeRoot()).isEqualTo(WORK.resolve(".nf-checkpoint/stores"));
    }

    @Test
    void theScopeOfTheRunIsRead() {
        var scope = Map.of("interval", "30 s", "keep", 3, "maxRestarts", 7, "dir", "stores");

        var policy = Configuration.ofRun(Map.of("checkpoint", scope), WORK, BASE);

        assertThat(policy)
                .isEqualTo(CheckpointPolicy.builder()
                        .interval(Interval.every(Duration.ofSeconds(30)))
                        .keep(3)
                        .maxRestarts(7)
                        .storeRoot(BASE.resolve("stores"))
                        .build());
    }

    @Test
    void routesStartFromWhereTheRunIsStarted() {
        assertThat(Configuration.ofRun(Map.of("checkpoint", Map.of("routes", "my/../routes")), WORK, BASE)
                        .routes())
                .contains(BASE.resolve("routes"));
        assertThat(Configuration.ofRun(Map.of(), WORK, BASE).routes()).isEmpty();
    }

    @Test
    void theRunMayBeSwitchedOffInOneWord() {
        assertThat(Configuration.ofRun(Map.of("checkpoint", false), WORK, BASE).enabled())
                .isFalse();
    }

    @Test
    void durationsAndTextsOfTheEngineAreUnderstood() {
        var duration = nextflow.util.Duration.of("90 s");
        var text = new GStringImpl(new Object[] {20}, new String[] {"", " s"});

        assertThat(interval(duration)).isEqualTo(Duration.ofSeconds(90));
        assertThat(interval(text)).isEqualTo(Duration.ofSeconds(20));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "interval | soon | checkpoint.interval: 'soon' is not allowed; allowed: a time such as 500ms",
                "keep | 0 | checkpoint.keep: '0' is not allowed; allowed: a whole number from 1 up",
                "maxRestarts | many | checkpoint.maxRestarts: 'many' is not allowed",
                "enabled | maybe | checkpoint.enabled: 'maybe' is not allowed; allowed: true or false",
                "intervall | 30s | checkpoint.intervall: no such key (value '30s'); allowed: enabled, interval",
            })
    void aMistakeIsNamedWithWhatIsAllowed(String key, String value, String message) {
        assertThatThrownBy(() -> Configuration.ofRun(Map.of("checkpoint", Map.of(key, value)), WORK, BASE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void aQuantityOfAnotherKindIsRefused() {
        assertThatThrownBy(() -> interval(MemoryUnit.of("3 GB")))
                .hasMessageStartingWith("checkpoint.interval: '3 GB' is not allowed");
    }

    @Test
    void aTaskOverridesWhatItNames() {
        var ofRun = Configuration.ofRun(Map.of("checkpoint", Map.of("keep", 5)), WORK, BASE);

        var policy = Configuration.ofTask(Map.of("checkpoint", Map.of("interval", 20)), ofRun, BASE);

        assertThat(policy)
                .isEqualTo(ofRun.toBuilder()
                        .interval(Interval.every(Duration.ofSeconds(20)))
                        .build());
        assertThat(Configuration.ofTask(Map.of("checkpoint", false), ofRun, BASE)
                        .enabled())
                .isFalse();
        assertThat(Configuration.ofTask(Map.of("args", "-x"), ofRun, BASE)).isEqualTo(ofRun);
        assertThat(Configuration.ofTask(null, ofRun, BASE)).isEqualTo(ofRun);
    }

    @Test
    void closuresOfATaskAreCalled() {
        var ofRun = Configuration.ofRun(Map.of(), WORK, BASE);

        var whole = Configuration.ofTask(Map.of("checkpoint", closure(Map.of("interval", 20))), ofRun, BASE);
        var inside = Configuration.ofTask(Map.of("checkpoint", Map.of("interval", closure(20))), ofRun, BASE);

        assertThat(whole.interval()).isEqualTo(Interval.every(Duration.ofSeconds(20)));
        assertThat(inside.interval()).isEqualTo(Interval.every(Duration.ofSeconds(20)));
    }

    @Test
    void whatOnlyATaskCanKnowIsDynamic() {
        assertThat(Configuration.isDynamic(closure(1))).isTrue();
        assertThat(Configuration.isDynamic(Map.of("interval", closure(1)))).isTrue();
        assertThat(Configuration.isDynamic(Map.of("interval", "30s"))).isFalse();
        assertThat(Configuration.isDynamic(null)).isFalse();
    }

    private static Duration interval(Object value) {
        return Configuration.ofRun(Map.of("checkpoint", Map.of("interval", value)), WORK, BASE)
                .interval()
                .fixed()
                .orElseThrow();
    }

    @SuppressWarnings("serial")
    private static Closure<Object> closure(Object result) {
        return new Closure<>(null) {
            @Override
            public Object call() {
                return result;
            }
        };
    }
}
