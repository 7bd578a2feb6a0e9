// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A control group with a memory limit, in which the kernel kills who wants more. */
record MemoryGroup(Path path) {

    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    /** @return nothing where that takes privileges that we do not have */
    static Optional<MemoryGroup> create(String name, long limit) throws IOException {
        boolean unified = Files.exists(ROOT.resolve("cgroup.controllers"));
        Path path = (unified ? ROOT : ROOT.resolve("memory")).resolve(name);
        List<String> limits = unified
                ? List.of("memory.max", "memory.swap.max")
                : List.of("memory.limit_in_bytes", "memory.memsw.limit_in_bytes");
        try {
            Files.createDirectories(path);
            Files.writeString(path.resolve(limits.get(0)), Long.toString(limit));
            // A kernel without swap has no such limit, and needs none.
            if (Files.exists(path.resolve(limits.get(1)))) {
                Files.writeString(path.resolve(limits.get(1)), Long.toString(unified ? 0 : limit));
            }
            return Optional.of(new MemoryGroup(path));
        } catch (IOException e) {
            System.out.println("No control group with a memory limit: %s; what takes one is left out".formatted(e));
            Files.deleteIfExists(path);
            return Optional.empty();
        }
    }

    /** Who writes 0 there becomes one of them. */
    Path members() {
        return path.resolve("cgroup.procs");
    }

    void remove() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
