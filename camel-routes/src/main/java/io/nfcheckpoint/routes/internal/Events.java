// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.GenerationManifest;
import io.nfcheckpoint.routes.RetryDecision;
import io.nfcheckpoint.routes.RetryDecision.GiveUp;
import io.nfcheckpoint.routes.RetryDecision.RestartFrom;
import io.nfcheckpoint.routes.RetryDecision.RunFromStart;
import io.nfcheckpoint.routes.RunSummary;
import io.nfcheckpoint.routes.TaskRef;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Puts what happens into words for the user's routes. */
final class Events {

    private final String run;
    private final InstantSource clock;
    private final Consumer<Event> listener;

    /**
     * @param run what the engine calls the run
     * @param listener must neither block nor throw
     */
    Events(String run, InstantSource clock, Consumer<Event> listener) {
        this.run = run;
        this.clock = clock;
        this.listener = listener;
    }

    /** @param before how the attempt before it ended */
    void started(TaskRef task, Optional<Attempt> attempt, Optional<Judgement> before) {
        var fields = of(Event.Kind.TASK_STARTED, task);
        attempt.ifPresent(
                known -> identify(fields, known.number(), known.directory().toString()));
        before.map(Judgement::decision)
                .filter(RestartFrom.class::isInstance)
                .map(RestartFrom.class::cast)
                .ifPresent(restart -> fields.put("generation", restart.generation()));
        tell(Event.Kind.TASK_STARTED, fields);
    }

    void generation(TaskRef task, Attempt attempt, GenerationManifest manifest) {
        generation(task, attempt.number(), attempt.directory().toString(), manifest);
    }

    private void generation(TaskRef task, int attempt, String directory, GenerationManifest manifest) {
        var fields = of(Event.Kind.GENERATION_COMPLETE, task);
        identify(fields, attempt, directory);
        fields.put("generation", manifest.generation());
        fields.put("cause", manifest.cause());
        fields.put("created", manifest.created() == null ? null : AttemptRow.time(manifest.created()));
        fields.put("bytes", manifest.bytes());
        fields.put("pauseSeconds", seconds(manifest.pause()));
        fields.put("writeSeconds", seconds(manifest.writeTime()));
        fields.put("runSeconds", seconds(manifest.runTime()));
        tell(Event.Kind.GENERATION_COMPLETE, fields);
    }

    void failed(Judgement judgement, AttemptRow row) {
        var task = judgement.failure().event().task();
        ended(task, row, fields -> {
            fields.put("cause", row.ending().cause());
            judgement.failure().exitStatus().ifPresent(status -> fields.put("exitStatus", status));
            fields.put("next", row.ending().next());
            addDecision(fields, judgement.decision());
        });
    }

    /** The next run may continue it. */
    void interrupted(TaskRef task, AttemptRow row) {
        ended(task, row, fields -> {
            fields.put("cause", row.ending().cause());
            fields.put("next", row.ending().next());
        });
    }

    private static void addDecision(Map<String, Object> fields, RetryDecision decision) {
        if (decision instanceof RestartFrom restart) {
            fields.put("generation", restart.generation());
            if (!restart.skipped().isEmpty()) {
                fields.put("reason", String.join("; ", restart.skipped()));
            }
        } else if (decision instanceof RunFromStart again) {
            fields.put("reason", again.reason());
        } else if (decision instanceof GiveUp end) {
            fields.put("reason", end.reason());
        }
    }

    void completed(TaskRef task, AttemptRow row) {
        tellUnnoticed(task, row);
        var fields = of(Event.Kind.TASK_COMPLETED, task);
        identify(fields, row.attempt(), row.directory().toString());
        addSums(fields, row);
        tell(Event.Kind.TASK_COMPLETED, fields);
    }

    private void ended(TaskRef task, AttemptRow row, Consumer<Map<String, Object>> how) {
        tellUnnoticed(task, row);
        var fields = of(Event.Kind.TASK_FAILED, task);
        identify(fields, row.attempt(), row.directory().toString());
        how.accept(fields);
        addSums(fields, row);
        tell(Event.Kind.TASK_FAILED, fields);
    }

    void ending(RunSummary summary) {
        var fields = of(Event.Kind.RUN_ENDING);
        fields.put("tasks", summary.wrapped());
        fields.put("generations", summary.generations());
        fields.put("restartedTasks", summary.restartedTasks());
        fields.put("restarts", summary.restarts());
        fields.put("savedSeconds", seconds(summary.saved()));
        tell(Event.Kind.RUN_ENDING, fields);
    }

    private void tellUnnoticed(TaskRef task, AttemptRow row) {
        row.unnoticed()
                .forEach(manifest ->
                        generation(task, row.attempt(), row.directory().toString(), manifest));
    }

    private static void addSums(Map<String, Object> fields, AttemptRow row) {
        row.start().ifPresent(start -> fields.put("start", AttemptRow.time(start)));
        fields.put("end", AttemptRow.time(row.end()));
        fields.put("generations", row.generations());
        fields.put("bytes", row.bytes());
        fields.put("pauseSeconds", seconds(row.pause()));
        row.restart().ifPresent(restart -> fields.put("restartedFrom", restart.generation()));
        fields.put("savedSeconds", seconds(row.saved()));
    }

    private Map<String, Object> of(Event.Kind kind) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("event", kind.id());
        fields.put("time", AttemptRow.time(clock.instant()));
        fields.put("run", run);
        return fields;
    }

    private Map<String, Object> of(Event.Kind kind, TaskRef task) {
        var fields = of(kind);
        fields.put("task", task.name());
        fields.put("id", task.id());
        fields.put("store", task.store().toString());
        return fields;
    }

    private static void identify(Map<String, Object> fields, int attempt, String directory) {
        fields.put("attempt", attempt);
        fields.put("directory", directory);
    }

    private static Double seconds(Duration time) {
        return time == null ? null : time.toMillis() / 1000.0;
    }

    private void tell(Event.Kind kind, Map<String, Object> fields) {
        fields.values().removeAll(Collections.singleton(null));
        listener.accept(new Event(kind, fields));
    }
}
