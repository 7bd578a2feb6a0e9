// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.routes.UnusableRoutesException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;

/**
 * The run, which is prepared by a thread of its own while Nextflow reads the pipeline: it loads a thousand classes. Whoever
 * needs it waits for it. Thread-safe.
 *
 * @param <R> the run; what that is matters to nobody here
 */
final class PreparedRun<R> {

    private static final Logger LOG = Console.LOG;

    private final FutureTask<R> preparation;

    private PreparedRun(Callable<R> preparation) {
        this.preparation = new FutureTask<>(preparation);
    }

    static <R> PreparedRun<R> begin(Callable<R> preparation) {
        var run = new PreparedRun<R>(() -> prepare(preparation));
        var thread = new Thread(run.preparation, "nf-checkpoint");
        thread.setDaemon(true);
        thread.start();
        return run;
    }

    private static <R> R prepare(Callable<R> preparation) throws Exception {
        try {
            return preparation.call();
        } catch (UnusableRoutesException e) {
            throw e;
        } catch (Exception | LinkageError e) {
            LOG.warn("The run has no checkpoints: {}", e.getMessage());
            LOG.debug("The cause", e);
            throw e;
        }
    }

    /** @return nothing when the run has no checkpoints, which the user has been told */
    Optional<R> get() {
        try {
            return Optional.of(await());
        } catch (ExecutionException e) {
            return Optional.empty();
        }
    }

    /** @throws UnusableRoutesException which is to end the run: it is not what the user has asked for */
    void requireSound() {
        try {
            await();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnusableRoutesException mistake) {
                throw mistake;
            }
        }
    }

    /** It takes a second at most, and a task that is not prepared cannot go on. */
    private R await() throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return preparation.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
