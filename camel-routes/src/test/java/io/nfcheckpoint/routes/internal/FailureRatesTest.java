// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nfcheckpoint.routes.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailureRatesTest {

    private static final Place LONG = new Place("slurm", "long");
    private static final Place SHORT = new Place("slurm", "short");

    @TempDir
    Path folder;

    private Path file;
    private LogCapture log;

    @BeforeEach
    void begin() {
        file = folder.resolve("rates.json");
        log = new LogCapture();
    }

    @AfterEach
    void end() {
        log.close();
    }

    @Test
    void eachPlaceHasARateOfItsOwn() {
        var rates = run();

        rates.observe(LONG, Duration.ofHours(1), true);

        assertThat(rates.timeBetweenFailures(LONG)).isEqualTo(Duration.ofMinutes(750));
        assertThat(rates.timeBetweenFailures(SHORT)).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void theNextRunKnowsWhatThisOneHasSeen() {
        var rates = run();
        rates.observe(LONG, Duration.ofHours(3), false);
        rates.observe(SHORT, Duration.ofHours(1), true);
        rates.save();

        var next = run();

        assertThat(next.rate(LONG).seconds()).isCloseTo(3 * 3600, within(1.0));
        assertThat(next.rate(LONG).failures()).isZero();
        assertThat(next.rate(SHORT).failures()).isCloseTo(1, within(1e-3));
    }

    @Test
    void aFailureIsKeptAtOnce() {
        run().observe(LONG, Duration.ofHours(1), true);

        assertThat(run().rate(LONG).failures()).isCloseTo(1, within(1e-3));
    }

    @Test
    void runsAtTheSameTimeAddUp() {
        var runs = IntStream.range(0, 8).mapToObj(i -> run()).toList();
        runs.forEach(rates -> rates.rate(LONG));

        runs.parallelStream().forEach(rates -> {
            for (int i = 0; i < 10; i++) {
                rates.observe(LONG, Duration.ofMinutes(1), true);
            }
        });

        assertThat(run().rate(LONG).failures()).isCloseTo(80, within(0.1));
        assertThat(run().rate(LONG).seconds()).isCloseTo(4800, within(5.0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{\"format\":2,\"places\":[]}",
                "{\"format\":1,\"places\":[{\"executor\":\"slurm\",\"queue\":\"long\"}]}",
                "{\"format\":1,\"places\":[{\"executor\":\"a\",\"queue\":\"\",\"runSeconds\":-1,\"failures\":0,"
                        + "\"at\":\"2026-11-26T12:00:00Z\"}]}",
                "{\"format\":1,\"places\":[{\"executor\":\"a\",\"queue\":\"\",\"runSeconds\":1,\"failures\":0,"
                        + "\"at\":\"yesterday\"}]}"
            })
    void aDamagedFileIsBegunAgain(String content) throws IOException {
        Files.writeString(file, content);
        var rates = run();

        assertThat(rates.timeBetweenFailures(LONG)).isEqualTo(Duration.ofDays(1));
        rates.observe(LONG, Duration.ofHours(1), true);

        assertThat(run().rate(LONG).failures()).isCloseTo(1, within(1e-3));
    }

    @Test
    void aTimeThatIsYetToComeMakesNothingOlder() throws IOException {
        Files.writeString(
                file,
                "{\"format\":1,\"places\":[{\"executor\":\"slurm\",\"queue\":\"long\",\"runSeconds\":86400,"
                        + "\"failures\":3,\"at\":\"2199-01-01T00:00:00Z\"}]}");
        var rates = run();

        rates.observe(LONG, Duration.ZERO, true);

        assertThat(rates.timeBetweenFailures(LONG))
                .isCloseTo(Duration.ofHours(48).dividedBy(5), Duration.ofMinutes(1));
    }

    @Test
    void aFileThatCannotBeWrittenLeavesTheRunWithWhatItSees() throws IOException {
        file = Files.createFile(folder.resolve("file")).resolve("rates.json");
        var rates = run();

        rates.observe(LONG, Duration.ofHours(1), true);
        rates.observe(LONG, Duration.ofHours(1), true);

        assertThat(rates.rate(LONG).failures()).isCloseTo(2, within(1e-3));
    }

    @Test
    void nothingElseStaysInTheFolder() throws IOException {
        run().observe(LONG, Duration.ofHours(1), true);

        try (var files = Files.list(folder)) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("rates.json", "rates.json.lock");
        }
    }

    private FailureRates run() {
        return new FailureRates(
                Optional.of(new FailureRatesFile(file)), InstantSource.system(), new UserLog(LogCapture.LOGGER));
    }
}
