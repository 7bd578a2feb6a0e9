// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which runs go on: each holds the lock of a file named after it, {@code STORES/.runs/RUN}, as long as it lives, over all
 * hosts that see the directory. The kernel lets go of it when a run is killed, the file server when a host is lost.
 */
final class RunLeases implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RunLeases.class);

    private final Path folder;
    private final String own;
    private final FileChannel held;

    private RunLeases(Path folder, String own, FileChannel held) {
        this.folder = folder;
        this.own = own;
        this.held = held;
    }

    /** On a filesystem without locks the run goes on without one. */
    static RunLeases take(Path storeRoot, String run) {
        Path folder = storeRoot.resolve(".runs");
        try {
            Files.createDirectories(folder);
            var channel = open(folder.resolve(run));
            if (channel.tryLock() == null) {
                LOG.debug("Run {} is alive elsewhere", run);
            }
            return new RunLeases(folder, run, channel);
        } catch (IOException | OverlappingFileLockException e) {
            LOG.debug("No lease in '{}'", folder, e);
            return new RunLeases(folder, run, null);
        }
    }

    /** All but this one. Files of dead runs are removed; whose lock cannot be tried counts as alive. */
    Set<String> alive() {
        var alive = new HashSet<String>();
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String run = file.getFileName().toString();
                if (!run.equals(own) && !removeIfDead(file)) {
                    alive.add(run);
                }
            }
        } catch (IOException e) {
            LOG.debug("Cannot look into '{}'", folder, e);
        }
        return alive;
    }

    private static boolean removeIfDead(Path file) {
        try (var channel = open(file)) {
            if (channel.tryLock() == null) {
                return false;
            }
            Files.deleteIfExists(file);
            return true;
        } catch (IOException | OverlappingFileLockException e) {
            LOG.debug("'{}' counts as alive", file, e);
            return false;
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    @Override
    public void close() {
        if (held == null) {
            return;
        }
        try (held) {
            Files.deleteIfExists(folder.resolve(own));
        } catch (IOException e) {
            LOG.debug("The lease in '{}' stays", folder, e);
        }
    }
}
