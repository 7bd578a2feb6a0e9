// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nfcheckpoint.routes.Evidence;
import io.nfcheckpoint.routes.TaskFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tables for people say what the code does. */
class ReadmeTest {

    @Test
    void theTableOfCausesIsWhatIsDecided() throws IOException {
        var rows = table("| cause |");

        assertThat(rows)
                .extracting(row -> row.get(0))
                .containsExactlyElementsOf(Stream.of(FailureCause.values())
                        .map(cause -> "`" + cause.id() + "`")
                        .toList());
        for (var row : rows) {
            var cause = FailureCause.valueOf(
                    row.get(0).replace("`", "").replace('-', '_').toUpperCase(Locale.ROOT));
            if (cause.interrupted() && cause != FailureCause.RUN_ENDED) {
                assertThat(row.get(2)).isEqualTo("restart");
                assertThat(row.get(3)).isEqualTo(cause.infrastructure() ? "yes" : "no");
                assertThat(row.get(4)).isEqualTo(Integer.toString(failuresFromOneImage(cause)));
            } else {
                assertThat(row.get(2)).isNotEqualTo("restart");
            }
        }
    }

    @Test
    void theTableOfColumnsIsWhatIsWritten() throws IOException {
        var documented = table("| column |").stream()
                .flatMap(row -> Stream.of(row.get(0).replace("`", "").split(", ")))
                .collect(Collectors.toList());

        assertThat(documented).containsExactlyElementsOf(AttemptRow.COLUMNS);
    }

    /** Found out by failing. */
    private static int failuresFromOneImage(FailureCause cause) {
        return IntStream.rangeClosed(1, 5)
                .filter(failures -> failureAfter(cause, failures).isSpent(7))
                .findFirst()
                .orElseThrow();
    }

    private static Failure failureAfter(FailureCause cause, int failures) {
        int[] restarts = IntStream.generate(() -> 7).limit(failures).toArray();
        var evidence = new Evidence(
                cause == FailureCause.WALLTIME,
                Optional.empty(),
                OptionalLong.empty(),
                cause == FailureCause.OUT_OF_MEMORY ? "MemoryError" : "");
        var status = switch (cause) {
            case CRASHED -> Values.ended(139, restarts);
            case SIGNALLED -> Values.ended(137, restarts);
            case OUT_OF_MEMORY -> Values.ended(1, restarts);
            case PREEMPTED -> Values.status("stopped", restarts);
            default -> Values.status("running", restarts);
        };
        var exitStatus = cause == FailureCause.NODE_LOST ? OptionalInt.empty() : OptionalInt.of(137);
        var event = new TaskFailed(Values.TASK, exitStatus, false, 0, evidence);
        var failure = new Failure(event, Values.POLICY, Optional.of(status), History.NONE, List.of(7), List.of());
        assertThat(failure.cause()).isEqualTo(cause);
        return failure;
    }

    private static List<List<String>> table(String head) throws IOException {
        var lines = Files.readAllLines(Path.of(System.getProperty("basedir", ""), "README.md"));
        int first = IntStream.range(0, lines.size())
                .filter(i -> lines.get(i).startsWith(head))
                .findFirst()
                .orElseThrow();
        var rows = new ArrayList<List<String>>();
        for (int i = first + 2; lines.get(i).startsWith("|"); i++) {
            rows.add(Stream.of(lines.get(i).split("\\|"))
                    .skip(1)
                    .map(String::strip)
                    .toList());
        }
        return rows;
    }
}
