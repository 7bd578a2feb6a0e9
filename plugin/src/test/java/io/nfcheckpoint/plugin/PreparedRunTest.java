// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nfcheckpoint.routes.UnusableRoutesException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PreparedRunTest {

    private final CountDownLatch loaded = new CountDownLatch(1);
    private final AtomicInteger preparations = new AtomicInteger();
    private final PreparedRun<String> slow = PreparedRun.begin(() -> {
        loaded.await();
        return "run " + preparations.incrementAndGet();
    });

    @AfterEach
    void endPreparation() {
        loaded.countDown();
    }

    @Test
    void aThreadThatHoldsNobodyUpPreparesIt() {
        var thread = PreparedRun.begin(Thread::currentThread).get();

        assertThat(thread).isPresent().get().isNotSameAs(Thread.currentThread());
        assertThat(thread.get().isDaemon()).isTrue();
    }

    @Test
    void everyTaskWaitsForTheOneRun() throws Exception {
        var first = whileItWaits(slow::get, loaded::countDown);

        assertThat(first).contains("run 1");
        assertThat(slow.get()).contains("run 1");
    }

    @Test
    void aProcessWaitsToKnowWhetherItIsSound() throws Exception {
        Boolean wasLoaded = whileItWaits(
                () -> {
                    slow.requireSound();
                    return loaded.getCount() == 0;
                },
                loaded::countDown);

        assertThat(wasLoaded).isTrue();
    }

    /** A pipeline without tasks may be over before. What was prepared has to be closed all the same. */
    @Test
    void whoClosesItEarlyWaitsForItAsWell() throws Exception {
        var closed = new StringBuffer();

        whileItWaits(
                () -> {
                    slow.get().ifPresent(closed::append);
                    return null;
                },
                loaded::countDown);

        assertThat(closed).hasToString("run 1");
    }

    @Test
    void anInterruptIsKeptForLater() throws Exception {
        var seen = whileItWaits(
                () -> {
                    Thread.currentThread().interrupt();
                    Optional<String> run = slow.get();
                    return run.orElse("nothing") + ", interrupted: " + Thread.interrupted();
                },
                loaded::countDown);

        assertThat(seen).isEqualTo("run 1, interrupted: true");
    }

    @Test
    void withoutARunTasksGoOnPlainly() {
        assertGoesOnWithout(new IOException("'/stores' is not writable"));
        assertGoesOnWithout(new IllegalArgumentException("the path of its work directory has a blank in it"));
        assertGoesOnWithout(new UnsatisfiedLinkError("libckptctl.so: wrong ELF class"));
    }

    @Test
    void aMistakeInTheRoutesOfTheUserEndsTheRunAtTheFirstProcess() {
        var mistake = new UnusableRoutesException("checkpoint.routes: no route file is in 'routes'", null);
        var run = PreparedRun.begin(failing(mistake));

        assertThatThrownBy(run::requireSound).isSameAs(mistake);
        assertThatThrownBy(run::requireSound).as("at the second").isSameAs(mistake);
        assertThat(run.get()).isEmpty();
    }

    private static void assertGoesOnWithout(Throwable failure) {
        var run = PreparedRun.begin(failing(failure));

        run.requireSound();
        assertThat(run.get()).isEmpty();
        assertThat(run.get()).as("the second time").isEmpty();
    }

    private static Callable<String> failing(Throwable failure) {
        return () -> {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (Exception) failure;
        };
    }

    /** @return what the first action comes to; the second is done when that waits for something */
    private static <T> T whileItWaits(Callable<T> action, Runnable event) throws Exception {
        var result = new FutureTask<>(action);
        var thread = new Thread(result);
        thread.start();
        Await.that("it waits", () -> Optional.of(thread).filter(it -> it.getState() == Thread.State.WAITING));
        event.run();
        return result.get();
    }
}
