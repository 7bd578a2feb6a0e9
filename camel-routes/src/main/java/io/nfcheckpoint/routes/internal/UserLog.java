// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.GenerationManifest;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.routes.Place;
import io.nfcheckpoint.routes.RetryDecision.GiveUp;
import io.nfcheckpoint.routes.RetryDecision.RestartFrom;
import io.nfcheckpoint.routes.RetryDecision.RunFromStart;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.StoresSwept;
import io.nfcheckpoint.routes.TaskRef;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.camel.Route;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every sentence that the routes tell: to the user what concerns the run, to the log file the rest. */
final class UserLog {

    private static final Logger FILE = LoggerFactory.getLogger("io.nfcheckpoint.routes");

    private final Logger user;

    UserLog(String loggerName) {
        user = LoggerFactory.getLogger(loggerName);
    }

    void restart(Judgement judgement) {
        var failure = judgement.failure();
        int generation = ((RestartFrom) judgement.decision()).generation();
        var kept = failure.verifications().stream()
                .flatMap(result -> result.manifest().stream())
                .map(GenerationManifest::runTime)
                .map(Humanly::duration)
                .findFirst();
        user.info(
                "{} {}: continues from generation {}{}",
                name(judgement),
                failure.description(),
                generation,
                kept.map(time -> ", taken after " + time).orElse(""));
    }

    /** Found out where the attempt ran, which is not here. */
    void refused(TaskRef task, Refused refused) {
        user.warn(
                "{} could not continue from {} it {}",
                task.name(),
                refused.description(),
                refused.instead()
                        .map(restart -> "continued from generation " + restart.generation())
                        .orElse("began again"));
    }

    void skipped(Judgement judgement) {
        ((RestartFrom) judgement.decision())
                .skipped()
                .forEach(reason -> user.warn("{}: cannot restart from {}", name(judgement), reason));
    }

    void fromStart(Judgement judgement) {
        user.info("{} starts again: {}", name(judgement), ((RunFromStart) judgement.decision()).reason());
    }

    void givenUp(Judgement judgement) {
        FILE.info("{} is left to the engine: {}", name(judgement), ((GiveUp) judgement.decision()).reason());
    }

    /** @param plan what was chosen, where it was left to us */
    void generation(String task, GenerationManifest manifest, Optional<StoreStatus.Plan> plan) {
        FILE.info(
                "{} has generation {}: {}, stood still for {}{}",
                task,
                manifest.generation(),
                Humanly.bytes(manifest.bytes()),
                manifest.pause() == null ? "?" : Humanly.duration(manifest.pause()),
                plan.map(UserLog::chosen).orElse(""));
    }

    /** @param generation the latest, 0 for none */
    void noCheckpoint(String task, String reason, int generation, boolean tellsUser) {
        String rest = generation == 0
                ? "it runs on, and would start from the beginning if it failed"
                : "it runs on, with generation %d to come back to".formatted(generation);
        if (tellsUser) {
            user.warn("{}: no checkpoint: {}; {}", task, reason, rest);
        } else {
            FILE.info("{}: no checkpoint: {}; {}", task, reason, rest);
        }
    }

    private static String chosen(StoreStatus.Plan plan) {
        return "; one every %s, as one takes %s and an interruption is expected in %s"
                .formatted(
                        Humanly.duration(plan.interval()),
                        Humanly.duration(plan.cost()),
                        Humanly.duration(plan.timeBetweenFailures()));
    }

    void interrupted(int tasks) {
        user.info(
                "{} interrupted with the run; when it is resumed, {} from the latest image",
                tasks == 1 ? "1 task was" : tasks + " tasks were",
                tasks == 1 ? "it continues" : "they continue");
    }

    void untraceable(Path file, Throwable cause) {
        user.warn("No rows are written to '{}' any more: {}", file, cause.getMessage());
    }

    /** What the automatic interval follows from besides the cost of an image, which only the task's supervisor knows. */
    void expectedFailures(Place place, FailureRate rate) {
        FILE.info(
                "Tasks on {}{} are expected to be interrupted once in {} ({} of running with {} seen)",
                place.executor(),
                place.queue().isEmpty() ? "" : ", queue " + place.queue() + ",",
                Humanly.duration(rate.timeBetweenFailures()),
                Humanly.duration(Duration.ofSeconds(Math.round(rate.seconds()))),
                Humanly.count((int) Math.round(rate.failures()), "interruption"));
    }

    void failureRatesLost(Path file, Throwable cause) {
        FILE.warn("'{}', how often tasks fail where, cannot be used: {}, ignoring", file, cause.getMessage());
    }

    void vanished(Path file) {
        FILE.debug("'{}' was replaced by a newer one, or removed with its store, before it was read", file);
    }

    void removed(Path store, String why) {
        FILE.info("'{}' was removed: {}", store, why);
    }

    void kept(Path store, Throwable why) {
        FILE.info("'{}' stays: {}", store, why.getMessage());
    }

    void swept(StoresSwept swept) {
        if (swept.stores() > 0) {
            user.info(
                    "Removed the checkpoints of {} that nothing can continue any more ({})",
                    Humanly.count(swept.stores(), "task"),
                    Humanly.bytes(swept.bytes()));
        }
    }

    void summary(RunSummary summary) {
        if (summary.restarts() == 0) {
            user.info("No task had to be restarted from a checkpoint");
        } else {
            user.info(
                    "{} restarted from a checkpoint ({}), which saved {}",
                    summary.restartedTasks() == 1 ? "1 task was" : summary.restartedTasks() + " tasks were",
                    Humanly.count(summary.restarts(), "restart"),
                    Humanly.duration(summary.saved()));
        }
    }

    /** @param task whose event it was; empty when it concerns the run */
    void answeredSafely(Optional<TaskRef> task, Throwable cause) {
        user.warn(
                "{}: {}; the engine goes on as if there were no checkpoints",
                task.map(TaskRef::name).orElse("Checkpoints"),
                cause.getMessage());
        FILE.debug("{}", task, cause);
    }

    void routeFailed(Route route, Event event, Throwable cause) {
        user.warn(
                "Route '{}' ({}) failed on {}: {}; the run goes on, and further failures of it are only in the log",
                route.getRouteId(),
                route.getSourceLocationShort(),
                event.description(),
                words(cause));
        FILE.info("The cause", cause);
    }

    void routeFailedAgain(Route route, Event event, Throwable cause) {
        FILE.info("Route '{}' failed on {}: {}", route.getRouteId(), event.description(), words(cause));
    }

    void routeIsBehind(Route route, int queue) {
        user.warn(
                "Route '{}' ({}) is behind by {} events; while that is so, it misses what happens",
                route.getRouteId(),
                route.getSourceLocationShort(),
                queue);
    }

    void routeDidNotFinish(Route route, long events, Duration limit) {
        user.warn(
                "Route '{}' ({}) did not finish within {}; {} lost",
                route.getRouteId(),
                route.getSourceLocationShort(),
                Humanly.duration(limit),
                events == 1 ? "1 event is" : events + " events are");
    }

    void routesDidNotStop() {
        FILE.warn("The routes of checkpoint.routes do not stop; the run ends without them");
    }

    private static String words(Throwable cause) {
        return String.valueOf(cause.getMessage() == null ? cause : cause.getMessage())
                .strip()
                .replaceAll("\\s+", " ");
    }

    void unreadable(Object manifest, Throwable cause) {
        FILE.warn("{}: {}, ignoring", manifest, cause.getMessage());
    }

    private static String name(Judgement judgement) {
        return judgement.failure().event().task().name();
    }
}
