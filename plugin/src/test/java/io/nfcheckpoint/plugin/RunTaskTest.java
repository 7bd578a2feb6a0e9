// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that starts a task, on a host where the checkpointer is missing or made for another machine. */
class RunTaskTest {

    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private Path installation;

    @BeforeEach
    void install() throws IOException {
        installation = Files.createDirectory(directory.resolve("with blank"));
        for (String script : Installation.SCRIPTS) {
            try (var in = Installation.class.getResourceAsStream(script)) {
                Files.copy(in, installation.resolve(script));
            }
        }
    }

    /** The command line that Nextflow's script has for these words. */
    List<String> line(List<String> words) {
        return words;
    }

    Path installation() {
        return installation;
    }

    /** Whether the checkpointer has been started to see whether it can be. */
    boolean hasBeenTried() {
        return Files.exists(directory.resolve("tried"));
    }

    @Test
    void otherShellsTryTheCheckpointerFirst() throws Exception {
        installCheckpointerThatShowsItsOptions();

        assertThat(run("echo", "a  b").output()).endsWith("<--><echo><a  b>");
        assertThat(hasBeenTried()).isTrue();
    }

    @Test
    void variablesOfTheTaskStayWhatTheyAre() throws Exception {
        Path ckpt = installation.resolve("ckpt");
        Files.writeString(ckpt, "#!/bin/sh\n[ \"$1\" = --version ] || echo \"$store $last $job $here\"\n");
        assertThat(ckpt.toFile().setExecutable(true)).isTrue();
        environment.putAll(Map.of("store", "1", "last", "2", "job", "3", "here", "4", "SLURM_JOB_ID", "77"));

        assertThat(run("echo").output()).isEqualTo("1 2 3 4\n");
    }

    @Test
    void aTaskRunsPlainlyWithOneWarningWhereThereIsNoCheckpointer() throws Exception {
        var result = run("sh", "-c", "echo \"$1\"; exit 7", "name", "it's  mine");

        assertThat(result.status()).isEqualTo(7);
        assertThat(result.output()).isEqualTo("it's  mine\n");
        assertThat(result.errors())
                .isEqualTo("nf-checkpoint: '%s/ckpt' does not run on this host; this attempt runs without checkpoints\n"
                        .formatted(installation));
    }

    @Test
    void aCheckpointerOfAnotherMachineIsNotUsed() throws Exception {
        Path ckpt = installation.resolve("ckpt");
        // An ELF header that claims a machine which does not exist.
        Files.write(ckpt, new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x7e, 0x7e});
        assertThat(ckpt.toFile().setExecutable(true)).isTrue();
        environment.put("HOSTTYPE", "riscv64");

        var result = run("echo", "done");

        assertThat(result.output()).isEqualTo("done\n");
        assertThat(result.errors().lines()).hasSize(1);
    }

    @Test
    void theCallThatOnlyStartsTheMeterPassesStraightThrough() throws Exception {
        var result = run("echo", ".command.run", "nxf_trace");

        assertThat(result.output()).isEqualTo(".command.run nxf_trace\n");
        assertThat(result.errors()).isEmpty();
    }

    @Test
    void anAttemptThatTheBatchSystemStartsAgainGoesOnFromItsLatestImage() throws Exception {
        installCheckpointerThatShowsItsOptions();
        var words = List.of("--generation", "3", "--fresh", "--label", "attempt=a1", "--", "echo", "--fresh", "a  b");

        Files.writeString(Files.createDirectory(directory.resolve("store")).resolve("task.json"), task("a0"));
        assertThat(runWith(words).output())
                .contains("<--generation><3><--fresh><--label><attempt=a1><--><echo><--fresh>");

        Files.writeString(directory.resolve("store/task.json"), task("a1"));
        assertThat(runWith(words).output()).contains("<--keep><2><--label><attempt=a1><--><echo><--fresh><a  b>");
    }

    @Test
    void theLeaseOfAHostThatIsGoneHoldsNobodyUp() throws Exception {
        installCheckpointerThatShowsItsOptions();
        lease("elsewhere", 1);

        assertThat(runWith(List.of("--take-over", "--", "echo")).output()).endsWith("<--><echo>");
    }

    @Test
    void anAttemptThatLivesElsewhereIsWaitedForAndNotSignalled() throws Exception {
        installCheckpointerThatShowsItsOptions();
        var holder = holdLease();
        lease("elsewhere", holder.pid());

        var successor = start(List.of("--take-over", "--", "echo"));
        Await.that(
                "the successor's patience",
                () -> successor
                        .descendants()
                        .filter(process -> String.join(
                                        " ", process.info().arguments().orElse(new String[0]))
                                .startsWith("-w 60 "))
                        .findAny());
        assertThat(holder.isAlive()).isTrue();
        holder.getOutputStream().close();

        assertThat(result(successor).output()).endsWith("<--><echo>");
        assertThat(holder.waitFor()).isZero();
    }

    @Test
    void anAttemptThatLivesOnThisHostIsAskedToEnd() throws Exception {
        installCheckpointerThatShowsItsOptions();
        var holder = holdLease();
        lease(hostName(), holder.pid());

        assertThat(runWith(List.of("--take-over", "--", "echo")).output()).endsWith("<--><echo>");
        assertThat(holder.waitFor()).isEqualTo(128 + 15);
        holder.getOutputStream().close();
    }

    @Test
    void nobodyTakesOverFromAnotherTaskThatLives() throws Exception {
        installCheckpointerThatShowsItsOptions();
        var holder = holdLease();
        lease(hostName(), holder.pid());

        var result = run("echo", "done");

        assertThat(result.output()).isEqualTo("done\n");
        assertThat(result.errors())
                .contains("the same task is running elsewhere; this attempt runs without checkpoints");
        holder.getOutputStream().close();
        assertThat(holder.waitFor()).isZero();
    }

    /** A process that ends, and with it the lock, when its input is closed or a signal comes. */
    private Process holdLease() throws Exception {
        Path lease = Files.createDirectory(directory.resolve("store")).resolve("lease");
        var holder =
                new ProcessBuilder("flock", "--close", lease.toString(), "sh", "-c", "echo held; exec cat").start();
        assertThat(holder.inputReader().readLine()).isEqualTo("held");
        return holder;
    }

    private void lease(String host, long pid) throws IOException {
        Path store = Files.createDirectories(directory.resolve("store"));
        Files.writeString(
                store.resolve("lease"),
                "{ \"format\": 1, \"host\": \"%s\", \"pid\": %d, \"started\": \"2026-11-22T12:00:00.000Z\" }"
                        .formatted(host, pid));
    }

    private static String hostName() throws IOException {
        var process = new ProcessBuilder("uname", "-n").start();
        return process.inputReader().readLine();
    }

    private static String task(String attempt) {
        return "{ \"format\": 1, \"labels\": {\"task\": \"T\", \"attempt\": \"%s\"} }".formatted(attempt);
    }

    void installCheckpointerThatShowsItsOptions() throws IOException {
        Path ckpt = installation.resolve("ckpt");
        Files.writeString(
                ckpt,
                "#!/bin/sh\nif [ \"$1\" = --version ]; then : > '%s/tried'; else printf '<%%s>' \"$@\"; fi\n"
                        .formatted(directory));
        assertThat(ckpt.toFile().setExecutable(true)).isTrue();
    }

    record Result(int status, String output, String errors) {}

    Result run(String... command) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of("--"));
        words.addAll(List.of(command));
        return runWith(words);
    }

    private Result runWith(List<String> more) throws IOException, InterruptedException {
        return result(start(more));
    }

    private Process start(List<String> more) throws IOException {
        var words = new ArrayList<>(
                List.of("/bin/sh", installation.resolve("run-task").toString()));
        words.addAll(List.of("--dir", directory.resolve("store").toString()));
        boolean takesOver = more.contains("--take-over");
        words.addAll(takesOver ? List.of("--take-over", "--keep", "2") : List.of("--keep", "2"));
        more.stream().filter(word -> !word.equals("--take-over")).forEach(words::add);
        var builder = new ProcessBuilder(line(words))
                .redirectError(directory.resolve("errors").toFile());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private Result result(Process process) throws IOException, InterruptedException {
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output, Files.readString(directory.resolve("errors")));
    }
}
