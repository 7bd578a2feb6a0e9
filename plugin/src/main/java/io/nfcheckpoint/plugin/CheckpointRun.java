// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import io.nfcheckpoint.natives.Checkpointer;
import io.nfcheckpoint.natives.NativeCheckpointer;
import io.nfcheckpoint.routes.CheckpointPolicy;
import io.nfcheckpoint.routes.CheckpointRoutes;
import io.nfcheckpoint.routes.RetryDecision;
import io.nfcheckpoint.routes.Settings;
import io.nfcheckpoint.routes.TaskCompleted;
import io.nfcheckpoint.routes.TaskFailed;
import io.nfcheckpoint.routes.TaskPending;
import io.nfcheckpoint.routes.TaskStarted;
import io.nfcheckpoint.routes.WrapDecision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import nextflow.Session;
import nextflow.processor.ErrorStrategy;
import nextflow.processor.TaskArrayRun;
import nextflow.processor.TaskHandler;
import nextflow.processor.TaskRun;
import nextflow.script.ScriptType;
import org.slf4j.Logger;

/**
 * One run of a pipeline under the plugin. Called by many threads of Nextflow. Whatever goes wrong here is a warning and
 * leaves the task, or its failure, to Nextflow.
 */
final class CheckpointRun implements AutoCloseable {

    private static final Logger LOG = Console.LOG;

    /** Beside the files that Nextflow itself writes about a run. */
    private static final String TRACE = "checkpoint-trace.tsv";

    /** Beside the stores: whoever uses them runs tasks in the same places. */
    private static final String FAILURE_RATES = ".failures.json";

    private final Session session;
    private final CheckpointPolicy policy;
    private final Path base;
    private final Installation installation;
    private final Checkpointer checkpointer;
    private final CheckpointRoutes routes;
    private final Leftovers leftovers;
    private final Map<Path, StoreRoot> roots = new ConcurrentHashMap<>();
    private final LiveTasks liveTasks = new LiveTasks();
    private final Set<String> warned = ConcurrentHashMap.newKeySet();

    private CheckpointRun(Session session, CheckpointPolicy policy, Path base) throws IOException {
        this.session = session;
        this.policy = policy;
        this.base = base;
        // Early: a task that finds out that it cannot write there has failed once.
        StoreRoot root = StoreRoot.in(policy.storeRoot());
        this.roots.put(policy.storeRoot(), root);
        this.installation = Installation.in(session.getWorkDir());
        this.checkpointer = NativeCheckpointer.load(installation.files().libckptctl());
        this.routes = CheckpointRoutes.start(
                checkpointer,
                Settings.of(root.shared(), Console.LOGGER_NAME)
                        .withTrace(base.resolve(TRACE))
                        .withFailureRates(root.path().resolve(FAILURE_RATES))
                        .withRun(String.valueOf(session.getRunName()))
                        .withRoutes(policy.routes()));
        this.leftovers = new Leftovers(session, base, root);
    }

    /**
     * Done before the first task: what nothing can continue must not be continued.
     *
     * @param base what a relative path in the configuration starts from
     */
    static CheckpointRun start(Session session, CheckpointPolicy policy, Path base) throws IOException {
        var run = new CheckpointRun(session, policy, base);
        run.leftovers.sweep(run.routes);
        return run;
    }

    /** The task has its hash and its directory; the next thing that happens to it is that it is written down. */
    void beforeTask(TaskRun task) {
        if (task instanceof TaskArrayRun array) {
            beforeArray(array);
            return;
        }
        if (task.getType() != ScriptType.SCRIPTLET) {
            return;
        }
        Optional<TaskAttempt> previous = TaskAttempt.of(task.getConfig());
        try {
            previous.ifPresent(attempt -> attempt.restore(task));
            wrap(task, previous.map(TaskAttempt::lineage));
        } catch (RuntimeException | LinkageError e) {
            warn(task, "runs without checkpoints", e);
            previous.ifPresent(attempt -> attempt.restore(task));
        }
    }

    /** Its tasks have been through {@link #beforeTask}. */
    private void beforeArray(TaskArrayRun array) {
        try {
            if (array.getChildren().stream().anyMatch(child -> isWrapped(child.getTask()))) {
                TaskAttempt.addPreparation(array.getConfig(), installation.lastCheckpointInArray());
            }
        } catch (RuntimeException | LinkageError e) {
            warn(array, "its tasks are not checkpointed when they are asked to end", e);
        }
    }

    private static boolean isWrapped(TaskRun task) {
        return TaskAttempt.of(task.getConfig()).isPresent();
    }

    private void wrap(TaskRun task, Optional<Lineage> ofRetry) {
        CheckpointPolicy own = policyOf(task);
        if (!own.enabled() || hasObstacle(task)) {
            return;
        }
        StoreRoot root = rootOf(own);
        Lineage lineage =
                ofRetry.orElseGet(() -> liveTasks.begin(TaskKeys.of(task), task.getName(), root, task.getWorkDir()));
        if (decide(task, lineage, own) instanceof WrapDecision.Wrap decision) {
            var labels = leftovers.labels(task, lineage.task(), root);
            var launch = new LaunchCommand(installation.command(
                    decision,
                    lineage.task(),
                    lineage.isOwner(),
                    labels,
                    TimeLimits.toTell(task),
                    Obstacles.hasScratch(task)));
            if (ofRetry.isEmpty() && lineage.isOwner()) {
                EarlierRun.endJob(task, lineage.task(), checkpointer);
            }
            new TaskAttempt(task, lineage, this::judge)
                    .wrap(launch, installation.lastCheckpoint(lineage.task(), own.grace()));
        } else {
            liveTasks.end(lineage);
        }
    }

    private WrapDecision decide(TaskRun task, Lineage lineage, CheckpointPolicy own) {
        Optional<Path> previousDirectory = lineage.lastDirectory();
        int number = lineage.attemptIn(task.getWorkDir());
        if (!lineage.isOwner()) {
            return previousDirectory.isEmpty()
                    ? new WrapDecision.Wrap(Optional.empty(), false, own)
                    : new WrapDecision.LeaveAlone("its store belongs to another task");
        }
        return routes.pending(new TaskPending(lineage.task(), own, true, number, task.getWorkDir(), Places.of(task)));
    }

    private boolean hasObstacle(TaskRun task) {
        Optional<String> obstacle = Obstacles.of(task);
        obstacle.ifPresent(why -> warnOnce(task, why));
        return obstacle.isPresent();
    }

    private CheckpointPolicy policyOf(TaskRun task) {
        try {
            return Configuration.ofTask(task.getConfig().get("ext"), policy, base);
        } catch (IllegalArgumentException e) {
            LOG.warn(
                    "[{}] {}: ext.{}; the settings of the run apply",
                    task.getHashLog(),
                    task.lazyName(),
                    e.getMessage());
            return policy;
        }
    }

    /** Whether stores can be made in a directory that is only some tasks' is found out by these. */
    private StoreRoot rootOf(CheckpointPolicy own) {
        return roots.computeIfAbsent(own.storeRoot(), configured -> {
            try {
                return StoreRoot.in(configured);
            } catch (IOException e) {
                LOG.debug("Stores lie there as they come", e);
                return StoreRoot.asConfigured(configured);
            }
        });
    }

    private ErrorStrategy judge(TaskAttempt attempt, ErrorStrategy own) {
        if (!attempt.lineage().isOwner() || session.isAborted() || session.isCancelled() || attempt.isUnrecoverable()) {
            return own;
        }
        try {
            return own == ErrorStrategy.IGNORE ? ignore(attempt) : decide(attempt, own);
        } catch (RuntimeException | LinkageError e) {
            warn(attempt.task(), "its failure is left to Nextflow", e);
            return own;
        }
    }

    /** The user has decided; the routes write it down. */
    private ErrorStrategy ignore(TaskAttempt attempt) {
        Lineage lineage = attempt.lineage();
        routes.failed(new TaskFailed(
                lineage.task(),
                attempt.exitStatus(),
                false,
                lineage.restarts(),
                FailedAttempt.evidence(attempt.task()),
                Optional.of("errorStrategy is ignore")));
        return ErrorStrategy.IGNORE;
    }

    private ErrorStrategy decide(TaskAttempt attempt, ErrorStrategy own) {
        LocalEnd.await(attempt, checkpointer);
        attempt.endLostJob();
        boolean retriedAnyway = attempt.isRetriedAnyway(own);
        Lineage lineage = attempt.lineage();
        RetryDecision decision = routes.failed(new TaskFailed(
                lineage.task(),
                attempt.exitStatus(),
                retriedAnyway,
                lineage.restarts(),
                FailedAttempt.evidence(attempt.task())));
        boolean isRetried = retriedAnyway || !(decision instanceof RetryDecision.GiveUp);
        if (isRetried) {
            attempt.allowRetry();
        }
        if (decision instanceof RetryDecision.GiveUp) {
            return own;
        }
        lineage.restarting(decision instanceof RetryDecision.RestartFrom restart && restart.forgiven());
        return ErrorStrategy.RETRY;
    }

    void submitted(TaskHandler handler) {
        TaskAttempt.of(handler.getTask().getConfig()).ifPresent(attempt -> attempt.submittedBy(handler));
    }

    void started(TaskRun task) {
        TaskAttempt.of(task.getConfig()).ifPresent(attempt -> {
            attempt.showOwnScript();
            if (attempt.lineage().isOwner()) {
                routes.started(new TaskStarted(attempt.lineage().task()));
            }
        });
    }

    void ended(TaskRun task) {
        TaskAttempt.of(task.getConfig()).ifPresent(attempt -> {
            Lineage lineage = attempt.lineage();
            if (task.getErrorAction() == ErrorStrategy.RETRY || !lineage.isOwner()) {
                return;
            }
            if (task.getErrorAction() == null && task.isSuccess()) {
                routes.completed(new TaskCompleted(lineage.task()));
                leftovers.completed(lineage.task());
            }
            liveTasks.end(lineage);
        });
    }

    @Override
    public void close() {
        try (routes;
                leftovers) {
            leftovers.sweep(routes);
            routes.ending();
        }
    }

    private void warnOnce(TaskRun task, String why) {
        String process = task.getProcessor().getName();
        if (warned.add(process + why)) {
            LOG.warn("Process '{}' runs without checkpoints because {}", process, why);
        }
    }

    private static void warn(TaskRun task, String consequence, Throwable cause) {
        LOG.warn("[{}] {}: {} ({})", task.getHashLog(), task.lazyName(), consequence, cause.getMessage());
        LOG.debug("The cause", cause);
    }
}
