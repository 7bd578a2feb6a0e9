// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A directory with stores, which users may share: its owner's lie in it, those of anybody else in a folder of their own,
 * {@code uid-N}. What lies below a folder that a user has made is closed to others, so two cannot share those.
 *
 * @param path where our stores lie
 * @param shared the directory as it is configured; the same, where it is ours
 */
record StoreRoot(Path path, Path shared) {

    private static final String OWNER = "unix:uid";

    /** @throws IOException naming the directory that cannot be made, or written to */
    static StoreRoot in(Path configured) throws IOException {
        try {
            Files.createDirectories(configured);
        } catch (IOException e) {
            throw new IOException("'%s' cannot be created".formatted(configured), e);
        }
        Object self = writer(configured);
        return self.equals(owner(configured))
                ? asConfigured(configured)
                : new StoreRoot(ownFolder(configured, self), configured);
    }

    static StoreRoot asConfigured(Path configured) {
        return new StoreRoot(configured, configured);
    }

    /** What a task of that key had begun before users had folders of their own is continued where it lies. */
    Path store(String key) {
        Path store = store(path, key);
        if (path.equals(shared)) {
            return store;
        }
        Path old = store(shared, key);
        return !Files.exists(store) && Files.isReadable(old.resolve("task.json")) ? old : store;
    }

    Set<Path> directories() {
        return new HashSet<>(List.of(path, shared));
    }

    private static Path store(Path root, String key) {
        return root.resolve(key.substring(0, 2)).resolve(key.substring(2));
    }

    /** Who owns what we make there, which a file server may have its own opinion of. */
    private static Object writer(Path directory) throws IOException {
        Path probe;
        try {
            probe = Files.createTempFile(directory, ".probe-", "");
        } catch (IOException e) {
            throw new IOException("'%s' is not writable".formatted(directory), e);
        }
        try {
            return owner(probe);
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    private static Path ownFolder(Path shared, Object self) throws IOException {
        Path folder = shared.resolve("uid-" + self);
        try {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            if (!self.equals(owner(folder))) {
                throw new IOException("'%s' is another user's".formatted(folder), e);
            }
        }
        return folder;
    }

    private static Object owner(Path path) throws IOException {
        return Files.getAttribute(path, OWNER);
    }
}
