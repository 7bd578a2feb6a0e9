// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** What the plugin does to tasks of every kind, and that it leaves the cache alone. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class WrappingContract {

    private static final Map<String, String> WRAPPED = Map.of(
            "PLAIN", "plain\n",
            "SHEBANG", "shebang\n",
            "TEMPLATE", "template hello\n",
            "OWN_SHELL", "own shell ehuB\n",
            "STANDARD_INPUT", "input",
            "DYNAMIC", "dynamic\n",
            "SCRATCH", "scratch\n");
    private static final Map<String, String> LEFT_ALONE = Map.of("SWITCHED_OFF", "switched off\n");

    /** NATIVE, and TWINS twice. */
    private static final int OTHERS = 3;

    private final String version;
    private PipelineRun withPlugin;
    private PipelineRun resumedWithout;
    private PipelineRun without;
    private PipelineRun resumedWith;
    private Trace trace;
    private Path work;

    WrappingContract(String version) {
        this.version = version;
    }

    @BeforeAll
    void runFourTimes() throws Exception {
        var folder = NextflowFolder.create("wrapping", version).strict();
        work = folder.path().resolve("work");
        withPlugin = run(folder, "with", "-plugins", NextflowFolder.PLUGIN, "-with-trace", "trace.txt");
        trace = new Trace(folder.path().resolve("trace.txt"));
        resumedWithout = run(folder, "resumed-without", "-resume");
        without = run(folder, "without", "-work-dir", "work2");
        resumedWith = run(folder, "resumed-with", "-work-dir", "work2", "-resume", "-plugins", NextflowFolder.PLUGIN);
    }

    private static PipelineRun run(NextflowFolder folder, String name, String... arguments) throws Exception {
        try (var run = folder.start("wrapping", name, arguments)) {
            assertThat(run.await()).as(run.text()).isZero();
            return run;
        }
    }

    @Test
    void tasksOfEveryKindRunUnderTheCheckpointer() throws IOException {
        var processes = new ArrayList<>(WRAPPED.keySet());
        processes.addAll(List.of("UNCACHED", "STORED"));
        for (String process : processes) {
            assertThat(trace.read(process, ".command.run")).as(process).contains("/run-task --dir ");
            assertThat(trace.read(process, "seen.txt")).as(process).contains("libckpt.so");
        }
    }

    @Test
    void theirResultsAreTheSame() throws IOException {
        for (var expected : WRAPPED.entrySet()) {
            assertThat(trace.read(expected.getKey(), "result.txt"))
                    .as(expected.getKey())
                    .isEqualTo(expected.getValue());
        }
        assertThat(trace.read("TWINS", "result.txt")).isEqualTo("twin\n");
        assertThat(trace.read("UNCACHED", "result.txt")).isEqualTo("uncached\n");
        assertThat(work.resolveSibling("stored/stored.txt")).hasContent("stored\n");
    }

    @Test
    void settingsOfTheRunAndOfTheTaskReachTheCommandLine() throws IOException {
        assertThat(trace.read("PLAIN", ".command.run"))
                .contains(
                        "--interval 45000ms --keep 3 --grace 20000ms --label task=PLAIN\\ \\(it\\'s\\ \\$HOME\\ \\(1\\)\\) --label ");
        assertThat(trace.read("DYNAMIC", ".command.run"))
                .contains("--interval 40000ms --keep 3 --grace 5000ms --min-runtime 2000ms --max-size 1073741824"
                        + " --signal USR1=continue --refresh-env default,MY_\\* --time-limit 3600000ms --label ")
                .contains(" 5000ms\n");
        assertThat(trace.read("SHEBANG", ".command.run")).contains("--interval auto ", " --mtbf 86400000ms ");
    }

    @Test
    void nothingIsStartedToMoveNoOutputs() throws IOException {
        assertThat(trace.read("PLAIN", "unstage.txt")).contains("nxf_unstage").doesNotContain("tee");
    }

    @Test
    void nextflowKnowsOurSettings() throws IOException {
        assertThat(withPlugin.text()).doesNotContain("Unrecognized config option 'checkpoint");
    }

    @Test
    void otherTasksAreLeftAlone() throws IOException {
        for (var expected : LEFT_ALONE.entrySet()) {
            String process = expected.getKey();
            assertThat(trace.read(process, ".command.run")).as(process).doesNotContain("run-task");
            assertThat(trace.read(process, "seen.txt")).as(process).isEqualTo("\n");
            assertThat(trace.read(process, "result.txt")).as(process).isEqualTo(expected.getValue());
        }
        assertThat(trace.status("NATIVE")).isEqualTo("COMPLETED");
    }

    @Test
    void finishedTasksLeaveNothingInTheStore() throws IOException {
        try (var all = Files.walk(work.resolve(".nf-checkpoint/stores"))) {
            assertThat(all.filter(Files::isRegularFile)
                            .map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder(".failures.json", ".failures.json.lock");
        }
    }

    @Test
    void howLongTasksRanIsKeptForTheNextRun() throws IOException {
        assertThat(Files.readString(work.resolve(".nf-checkpoint/stores/.failures.json")))
                .contains("\"executor\" : \"local\"", "\"failures\" : 0.0");
    }

    @Test
    void theRunIsSummedUpInOneLine() throws IOException {
        // The stricter parser knows no setting below withName, be it ours or Nextflow's own.
        assertThat(withPlugin
                        .text()
                        .lines()
                        .filter(line -> line.contains("checkpoint") && !line.contains("'process.withName")))
                .containsExactly("No task had to be restarted from a checkpoint");
    }

    @Test
    void aRunWithoutThePluginReusesTheCacheOfARunWithIt() throws IOException {
        assertReused(withPlugin, resumedWithout);
    }

    @Test
    void aRunWithThePluginReusesTheCacheOfARunWithout() throws IOException {
        assertReused(without, resumedWith);
    }

    /** All but what is done each time, and what lies in a folder of its own since the first run. */
    private static void assertReused(PipelineRun first, PipelineRun resumed) throws IOException {
        var tasks = new ArrayList<>(first.tasks("Submitted"));
        assertThat(tasks.remove("UNCACHED")).isTrue();
        tasks.remove("STORED");
        assertThat(tasks).hasSize(WRAPPED.size() + LEFT_ALONE.size() + OTHERS);
        assertThat(resumed.tasks("Cached")).isEqualTo(tasks);
        assertThat(resumed.tasks("Submitted")).containsExactly("UNCACHED");
        assertThat(resumed.tasks("Stored")).containsExactly("STORED");
    }
}
