// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
            Files.createDirectory(path);
            set(path.resolve(limits.get(0)), limit);
            // A kernel without swap has no such limit, and needs none.
            if (Files.exists(path.resolve(limits.get(1)))) {
                set(path.resolve(limits.get(1)), unified ? 0 : limit);
            }
            return Optional.of(new MemoryGroup(path));
        } catch (IOException e) {
            System.out.println("No control group with a memory limit: %s; what takes one is left out".formatted(e));
            Files.deleteIfExists(path);
            return Optional.empty();
        }
    }

    /** The kernel makes these files. */
    private static void set(Path file, long value) throws IOException {
        Files.writeString(file, Long.toString(value), StandardOpenOption.WRITE);
    }

    /** Who writes 0 there, or its pid, becomes one of them. */
    Path members() {
        return path.resolve("cgroup.procs");
    }

    /** As soon as all of its members have ended. */
    void remove() throws Exception {
        Await.that("the end of all in " + path, () -> {
            try {
                Files.deleteIfExists(path);
                return Optional.of(path);
            } catch (IOException e) {
                return Optional.empty();
            }
        });
    }
}
