// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nextflow.executor.Executor;
import nextflow.executor.ExecutorFactory;
import nextflow.executor.GridTaskHandler;
import nextflow.executor.SupportedScriptTypes;
import nextflow.executor.local.LocalExecutor;
import nextflow.processor.TaskMonitor;
import nextflow.processor.TaskRun;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ExecutorSubclassTest {

    private static final List<String> CALLS = new ArrayList<>();

    /** As grid executors are: the handler is of a narrower type, so there is a bridge as well. */
    public static class NarrowExecutor extends Executor {
        @Override
        protected TaskMonitor createTaskMonitor() {
            return null;
        }

        @Override
        public GridTaskHandler createTaskHandler(TaskRun task) {
            CALLS.add("handler of " + task.getName());
            return null;
        }
    }

    public static class InheritingExecutor extends NarrowExecutor {}

    public static final class FinalExecutor extends NarrowExecutor {}

    @Test
    void theHookSeesATaskOnceBeforeItsHandlerIsCreated() throws Exception {
        for (var type : List.of(NarrowExecutor.class, InheritingExecutor.class)) {
            CALLS.clear();
            var executor = instance(type);
            ExecutorSubclass.setHook(executor, task -> CALLS.add("hook on " + task.getName()));
            var task = new TaskRun();
            task.setName("ALIGN");

            executor.createTaskHandler(task);
            ((NarrowExecutor) executor).createTaskHandler(task);

            assertThat(CALLS).containsExactly("hook on ALIGN", "handler of ALIGN", "hook on ALIGN", "handler of ALIGN");
        }
    }

    @TestFactory
    List<DynamicTest> everyExecutorOfNextflowCanBeWatched() {
        var tests = new ArrayList<DynamicTest>();
        Map<String, Class<? extends Executor>> builtIn = ExecutorFactory.getBUILT_IN_EXECUTORS();
        builtIn.forEach((name, type) -> tests.add(
                DynamicTest.dynamicTest(name, () -> assertThat(instance(type)).isInstanceOf(type))));
        assertThat(tests).hasSizeGreaterThan(10);
        return tests;
    }

    @Test
    void whatNextflowAsksTheClassForIsKept() {
        var annotation = ExecutorSubclass.of(LocalExecutor.class).getAnnotation(SupportedScriptTypes.class);

        assertThat(annotation).isEqualTo(LocalExecutor.class.getAnnotation(SupportedScriptTypes.class));
    }

    @Test
    void anExecutorHasOneSubclass() {
        assertThat(ExecutorSubclass.of(LocalExecutor.class)).isSameAs(ExecutorSubclass.of(LocalExecutor.class));
    }

    @Test
    void anExecutorWithoutSubclassesIsRefused() {
        assertThatThrownBy(() -> ExecutorSubclass.of(FinalExecutor.class))
                .hasMessageContaining("cannot have subclasses");
    }

    private static Executor instance(Class<? extends Executor> type) throws ReflectiveOperationException {
        return ExecutorSubclass.of(type).getDeclaredConstructor().newInstance();
    }
}
