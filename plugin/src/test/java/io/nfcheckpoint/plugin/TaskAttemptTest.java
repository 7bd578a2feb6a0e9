// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import groovy.lang.Closure;
import io.nfcheckpoint.routes.TaskRef;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nextflow.exception.ProcessException;
import nextflow.exception.ProcessUnrecoverableException;
import nextflow.processor.ErrorStrategy;
import nextflow.processor.TaskConfig;
import nextflow.processor.TaskRun;
import org.junit.jupiter.api.Test;

/** On tasks and configurations of the real Nextflow. */
class TaskAttemptTest {

    private static final LaunchCommand LAUNCH = new LaunchCommand(List.of("/bin/sh", "/run-task", "--"));

    private final Lineage lineage = new Lineage(new TaskRef("id", "ALIGN", Path.of("/store")), true);
    private final List<ErrorStrategy> judged = new ArrayList<>();

    @Test
    void theStrategyOfTheUserHoldsUntilTheTaskFails() {
        var task = wrapped(Map.of("errorStrategy", "finish"), "echo");

        assertThat(task.getConfig().getErrorStrategy()).isEqualTo(ErrorStrategy.FINISH);
        assertThat(judged).isEmpty();
    }

    @Test
    void aFailureIsJudgedOnce() {
        var task = wrapped(Map.of(), "echo");
        task.setFailCount(1);

        assertThat(task.getConfig().getErrorStrategy()).isEqualTo(ErrorStrategy.RETRY);
        assertThat(task.getConfig().getErrorStrategy()).isEqualTo(ErrorStrategy.RETRY);
        assertThat(judged).containsExactly(ErrorStrategy.TERMINATE);
    }

    @Test
    void aClosureOfTheUserIsCalledOnceAndSeesTheFailure() {
        var calls = new ArrayList<Object>();
        var config = new TaskConfig(new HashMap<>());
        config.put("errorStrategy", closure(() -> {
            calls.add(config.get("exitStatus"));
            return "ignore";
        }));
        var task = wrapped(config, "echo");
        task.setFailCount(1);
        config.put("exitStatus", 137);

        config.getErrorStrategy();
        config.getErrorStrategy();

        assertThat(calls).containsExactly(137);
        assertThat(judged).containsExactly(ErrorStrategy.IGNORE);
    }

    @Test
    void theConfigurationDoesNotBecomeDynamic() {
        // A dynamic one makes -resume run finished tasks again.
        assertThat(wrapped(Map.of(), "echo").getConfig().isDynamic()).isFalse();
    }

    @Test
    void aRetryFindsTheAttemptBeforeItAndTheUsersConfiguration() {
        var own =
                Map.<String, Object>of("shell", List.of("/bin/dash"), "maxRetries", 4, "beforeScript", "module load x");
        var task = wrapped(own, "echo");
        var config = task.getConfig();
        assertThat(config.getShell()).containsExactly("/bin/sh", "/run-task", "--", "/bin/dash");
        assertThat(config.getBeforeScript()).isEqualTo("module load x\non_term() { :; }");
        TaskAttempt.of(config).orElseThrow().allowRetry();
        var copy = copyOf(task, "echo");

        var previous = TaskAttempt.of(copy.getConfig()).orElseThrow();
        previous.restore(copy);

        assertThat(previous.lineage()).isSameAs(lineage);
        assertThat(copy.getConfig().getShell()).containsExactly("/bin/dash");
        assertThat(copy.getConfig().getRawValue("maxRetries")).isEqualTo(4);
        assertThat(copy.getConfig().getBeforeScript()).isEqualTo("module load x");
        assertThat(copy.getConfig().containsKey("maxErrors")).isFalse();
        assertThat(TaskAttempt.of(copy.getConfig())).isEmpty();
        assertThat(copy.getConfig().getErrorStrategy()).isEqualTo(ErrorStrategy.TERMINATE);
    }

    @Test
    void aScriptThatIsCopiedAsItWasIsNotWrappedTwice() {
        var task = wrapped(Map.of(), "#!/usr/bin/perl\nprint 1;\n");
        assertThat(task.getScript()).startsWith("#!/bin/sh /run-task -- /usr/bin/perl\n");
        var copy = copyOf(task, task.getScript());

        TaskAttempt.of(copy.getConfig()).orElseThrow().restore(copy);

        assertThat(copy.getScript()).isEqualTo("#!/usr/bin/perl\nprint 1;\n");
    }

    @Test
    void aScriptThatIsRenderedAnewIsLeftAsItIs() {
        var task = wrapped(Map.of(), "#!/usr/bin/perl\nprint 1;\n");
        var copy = copyOf(task, "#!/usr/bin/perl\nprint 2;\n");

        TaskAttempt.of(copy.getConfig()).orElseThrow().restore(copy);

        assertThat(copy.getScript()).isEqualTo("#!/usr/bin/perl\nprint 2;\n");
    }

    @Test
    void onceTheTaskRunsPeopleSeeTheirOwnScript() {
        var task = wrapped(Map.of(), "#!/usr/bin/perl\n");

        TaskAttempt.of(task.getConfig()).orElseThrow().showOwnScript();

        assertThat(task.getScript()).isEqualTo("#!/usr/bin/perl\n");
    }

    @Test
    void limitsOfTheUserCountUntilTheyAreLifted() {
        var own = Map.<String, Object>of("errorStrategy", "retry", "maxRetries", 1, "maxErrors", 3);
        var task = wrapped(own, "echo");
        var attempt = TaskAttempt.of(task.getConfig()).orElseThrow();

        task.setFailCount(1);
        task.getConfig().put("errorCount", 1);
        assertThat(attempt.isRetriedAnyway(ErrorStrategy.RETRY)).isTrue();
        assertThat(attempt.isRetriedAnyway(ErrorStrategy.TERMINATE)).isFalse();

        task.getConfig().put("errorCount", 3);
        assertThat(attempt.isRetriedAnyway(ErrorStrategy.RETRY)).isFalse();

        task.setFailCount(2);
        task.getConfig().put("errorCount", 2);
        assertThat(attempt.isRetriedAnyway(ErrorStrategy.RETRY)).isFalse();
        attempt.allowRetry();
        assertThat(task.getConfig().getMaxRetries()).isEqualTo(2);
        assertThat(task.getConfig().getMaxErrors()).isEqualTo(-1);
    }

    @Test
    void failuresThatTheTaskCannotHelpDoNotCountAgainstTheLimit() {
        var task = wrapped(Map.of("errorStrategy", "retry", "maxRetries", 1, "maxErrors", -1), "echo");
        var attempt = TaskAttempt.of(task.getConfig()).orElseThrow();

        task.setFailCount(2);
        assertThat(attempt.isRetriedAnyway(ErrorStrategy.RETRY)).isFalse();
        lineage.restarting(false);
        assertThat(attempt.isRetriedAnyway(ErrorStrategy.RETRY)).isFalse();
        lineage.restarting(true);
        assertThat(attempt.isRetriedAnyway(ErrorStrategy.RETRY)).isTrue();
    }

    @Test
    void aFailureThatNoAttemptAvoidsIsTold() {
        var task = wrapped(Map.of(), "echo");
        var attempt = TaskAttempt.of(task.getConfig()).orElseThrow();
        assertThat(attempt.isUnrecoverable()).isFalse();

        task.getConfig().put("previousException", new ProcessException("x", new ProcessUnrecoverableException("y")));

        assertThat(attempt.isUnrecoverable()).isTrue();
    }

    @Test
    void theExitStatusMayBeUnknown() {
        var task = wrapped(Map.of(), "echo");
        var attempt = TaskAttempt.of(task.getConfig()).orElseThrow();
        assertThat(attempt.exitStatus()).isEmpty();

        task.setExitStatus(137);

        assertThat(attempt.exitStatus()).hasValue(137);
    }

    private TaskRun wrapped(Map<String, Object> config, String script) {
        return wrapped(new TaskConfig(new HashMap<>(config)), script);
    }

    private TaskRun wrapped(TaskConfig config, String script) {
        var task = new TaskRun();
        task.setConfig(config);
        task.setScript(script);
        new TaskAttempt(task, lineage, this::judge).wrap(LAUNCH, "on_term() { :; }");
        return task;
    }

    private ErrorStrategy judge(TaskAttempt attempt, ErrorStrategy own) {
        judged.add(own);
        return ErrorStrategy.RETRY;
    }

    /** As Nextflow makes a retry. */
    private static TaskRun copyOf(TaskRun task, String script) {
        var copy = new TaskRun();
        copy.setConfig(task.getConfig().clone());
        copy.setScript(script);
        return copy;
    }

    @SuppressWarnings("serial")
    private static Closure<Object> closure(java.util.function.Supplier<Object> body) {
        return new Closure<>(null) {
            @Override
            public Object call() {
                return body.get();
            }
        };
    }
}
