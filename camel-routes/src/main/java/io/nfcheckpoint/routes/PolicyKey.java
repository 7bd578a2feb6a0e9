// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What people may set, by the name they write; the one list of all keys. */
public enum PolicyKey {
    ENABLED("enabled", "true", "true or false", (policy, value) -> policy.enabled(PolicyValues.toBoolean(value))),
    INTERVAL(
            "interval",
            "10 min",
            "a time such as 500ms, 30s, 10min or 1h; 0 for no periodic checkpoint; auto",
            (policy, value) -> policy.interval(PolicyValues.toInterval(value))),
    MIN_RUNTIME(
            "minRuntime",
            "0",
            "a time such as 500ms, 30s, 10min or 1h",
            (policy, value) -> policy.minRuntime(PolicyValues.toTime(value))),
    KEEP("keep", "2", "a whole number from 1 up", (policy, value) -> policy.keep(PolicyValues.toInt(value))),
    MAX_RESTARTS(
            "maxRestarts",
            "10",
            "a whole number from 0 up",
            (policy, value) -> policy.maxRestarts(PolicyValues.toInt(value))),
    MAX_SIZE(
            "maxSize",
            "0",
            "a size such as 500M or 10 GB (powers of 1024); 0 for no limit",
            (policy, value) -> policy.maxSize(PolicyValues.toBytes(value))),
    GRACE(
            "grace",
            "20 s",
            "a time such as 500ms, 30s, 10min or 1h",
            (policy, value) -> policy.grace(PolicyValues.toTime(value))),
    ON_ERROR(
            "onError",
            "restart",
            "restart, rerun or ignore",
            (policy, value) -> policy.onError(PolicyValues.toConstant(OnError.class, value))),
    COMPRESSION(
            "compression",
            "none",
            "none (images are kept as they are, so that a restart reads them straight to their place)",
            (policy, value) -> policy.compression(PolicyValues.toConstant(Compression.class, value))),
    SIGNAL(
            "signal",
            "",
            "signals and what they mean, such as 'USR1=continue, ALRM=end, HUP=pass'",
            (policy, value) -> policy.signals(PolicyValues.toSignals(value))),
    REFRESH_ENV(
            "refreshEnv",
            "default",
            "names and globs of variables, such as 'default, MY_TOKEN, AWS_*'; none",
            (policy, value) -> policy.refreshEnv(PolicyValues.toVariables(value))),
    DIR(
            "dir",
            ".ckpt",
            "a path of a directory that every node of the run sees",
            (policy, value) -> policy.storeRoot(PolicyValues.toPath(value))),
    /** For the run alone: there is no such thing for a task. */
    ROUTES(
            "routes",
            "",
            "a path of a directory with route files (*.yaml, *.xml, *.java)",
            (policy, value) -> policy.routes(Optional.of(PolicyValues.toPath(value))));

    private final String key;
    private final String defaultText;
    private final String allowed;
    private final BiConsumer<CheckpointPolicy.Builder, Object> reader;

    PolicyKey(String key, String defaultText, String allowed, BiConsumer<CheckpointPolicy.Builder, Object> reader) {
        this.key = key;
        this.defaultText = defaultText;
        this.allowed = allowed;
        this.reader = reader;
    }

    /** As people write it. */
    public String key() {
        return key;
    }

    /** As people would write it; empty when there is no way to write it. */
    public String defaultText() {
        return defaultText;
    }

    /** For a person who wrote something else. */
    public String allowed() {
        return allowed;
    }

    /** Whether it may be set for a task, and not for the run only. */
    public boolean isForTasks() {
        return this != ROUTES;
    }

    static Optional<PolicyKey> of(String key) {
        return Arrays.stream(values()).filter(each -> each.key.equals(key)).findFirst();
    }

    static String names() {
        return Stream.of(values()).map(PolicyKey::key).collect(Collectors.joining(", "));
    }

    /** @throws IllegalArgumentException naming the key, the value and what is allowed */
    void read(Object value, CheckpointPolicy.Builder policy) {
        try {
            reader.accept(policy, value);
        } catch (PolicyValues.NotAllowed e) {
            throw refused(value);
        }
    }

    IllegalArgumentException refusedForTask(Object value) {
        return new IllegalArgumentException(
                "checkpoint.%s: '%s' is not allowed for a task; it can be set for the run only".formatted(key, value));
    }

    IllegalArgumentException refused(Object value) {
        return new IllegalArgumentException(
                "checkpoint.%s: '%s' is not allowed; allowed: %s".formatted(key, value, allowed));
    }
}
