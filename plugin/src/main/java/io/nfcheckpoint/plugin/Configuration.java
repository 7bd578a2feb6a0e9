// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import groovy.lang.Closure;
import groovy.lang.GString;
import io.nfcheckpoint.routes.CheckpointPolicy;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import nextflow.util.Duration;

/** Reads what people write into {@code nextflow.config} and into processes. */
final class Configuration {

    /** The scope of the run's settings, and the name in {@code ext} of a process's. */
    static final String NAME = "checkpoint";

    /** Everything of ours lies here, below the work directory of the run. */
    static final String DIRECTORY = ".nf-checkpoint";

    private Configuration() {}

    /**
     * The policy of a run.
     *
     * @param config the whole configuration of the run
     * @param base what a relative path starts from
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    static CheckpointPolicy ofRun(Map<?, ?> config, Path workDirectory, Path base) {
        var defaults = CheckpointPolicy.builder()
                .storeRoot(workDirectory.resolve(DIRECTORY).resolve("stores"))
                .build();
        return absolute(CheckpointPolicy.forRun(plain(config.get(NAME)), defaults), base);
    }

    /**
     * The policy of a process or a task.
     *
     * @param ext the value of its {@code ext} directive
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    static CheckpointPolicy ofTask(Object ext, CheckpointPolicy ofRun, Path base) {
        Object own = ext instanceof Map<?, ?> map ? plain(map.get(NAME)) : null;
        return absolute(CheckpointPolicy.forTask(own, ofRun), base);
    }

    /**
     * Refuses what can be known to be wrong before any task starts.
     *
     * @param ext the value of the process's {@code ext} directive
     * @throws IllegalArgumentException naming the process, the key, the value and what is allowed
     */
    static void check(String process, Object ext, CheckpointPolicy ofRun, Path base) {
        if (ext instanceof Map<?, ?> map && !isDynamic(map.get(NAME))) {
            try {
                ofTask(ext, ofRun, base);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("process '%s': ext.%s".formatted(process, e.getMessage()), e);
            }
        }
    }

    /** Whether the value can only be known for a task. */
    static boolean isDynamic(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.values().stream().anyMatch(Configuration::isDynamic);
        }
        return value instanceof Closure<?> || value instanceof GString;
    }

    private static CheckpointPolicy absolute(CheckpointPolicy policy, Path base) {
        return policy.toBuilder()
                .storeRoot(absolute(policy.storeRoot(), base))
                .routes(policy.routes().map(folder -> absolute(folder, base)))
                .build();
    }

    private static Path absolute(Path path, Path base) {
        return base.resolve(path).toAbsolutePath().normalize();
    }

    /** The same with nothing of Groovy or Nextflow in it. A closure of a task has its delegate already. */
    private static Object plain(Object value) {
        if (value instanceof Closure<?> closure) {
            return plain(closure.call());
        }
        if (value instanceof Duration duration) {
            return java.time.Duration.ofMillis(duration.toMillis());
        }
        if (value instanceof GString text) {
            return text.toString();
        }
        if (value instanceof Collection<?> list) {
            return list.stream().map(Configuration::plain).collect(Collectors.toList());
        }
        if (value instanceof Map<?, ?> map) {
            var copy = new LinkedHashMap<String, Object>();
            map.forEach((key, item) -> copy.put(String.valueOf(key), plain(item)));
            return copy;
        }
        return value;
    }
}
