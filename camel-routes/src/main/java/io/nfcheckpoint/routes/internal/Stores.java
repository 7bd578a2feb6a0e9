// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.CheckpointException;
import io.nfcheckpoint.natives.Checkpointer;
import io.nfcheckpoint.natives.StoreStatus;
import io.nfcheckpoint.natives.StoreView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Reads and removes stores. */
final class Stores {

    static final String STATUS = "status.json";

    private final Checkpointer checkpointer;

    Stores(Checkpointer checkpointer) {
        this.checkpointer = checkpointer;
    }

    /** @return empty when there is no store, as before the first start */
    Optional<StoreView> view(Path store) {
        if (!Files.isDirectory(store)) {
            return Optional.empty();
        }
        try {
            return Optional.of(checkpointer.inspect(store));
        } catch (CheckpointException e) {
            if (e.code() == CheckpointException.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    Optional<StoreStatus> status(Path store) {
        return view(store).flatMap(StoreView::status);
    }

    /** What the task's supervisor has written last, and nothing else of the store. Empty when that is not to be read. */
    static Optional<StoreStatus> writtenStatus(Path store) {
        try {
            return Optional.of(StoreStatus.parse(Files.readString(store.resolve(STATUS))));
        } catch (IOException | CheckpointException e) {
            return Optional.empty();
        }
    }

    /** The directories two levels below the root that look like stores. */
    List<Path> below(Path root) {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        return folders(root).stream()
                .flatMap(folder -> Stream.concat(Stream.of(folder), folders(folder).stream()))
                .filter(folder -> Files.exists(folder.resolve("task.json")))
                .toList();
    }

    /** Who shares a root with us may have closed what is his, or removes it meanwhile: it counts as empty. */
    private static List<Path> folders(Path directory) {
        try (var folders = Files.newDirectoryStream(directory, Files::isDirectory)) {
            return StreamSupport.stream(folders.spliterator(), false).toList();
        } catch (AccessDeniedException | NoSuchFileException e) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            throw new UncheckedIOException("look into '%s': %s".formatted(directory, e), new IOException(e));
        }
    }

    /**
     * @return the bytes that it took on disk
     * @throws CheckpointException when a task runs there, among others
     */
    long removeUnused(Path store) {
        return checkpointer.remove(store);
    }

    /** Those that stores lay in. What is not empty stays. */
    void removeEmptyFolders(Path root) {
        folders(root).forEach(Stores::removeIfEmpty);
    }

    private static void removeIfEmpty(Path folder) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // A store lies in it, or it is somebody else's.
        }
    }

    /** Removes the directory, unless it does not look like a store. */
    void remove(Path store) {
        try {
            // A disk that was full took the lease, and then nothing.
            if (Files.exists(store.resolve("task.json")) || Files.exists(store.resolve("lease"))) {
                Files.walkFileTree(store, new Remover());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("remove '%s': %s".formatted(store, e.getMessage()), e);
        }
    }

    /** Follows no links. What somebody else removes at the same time is removed. */
    private static final class Remover extends SimpleFileVisitor<Path> {

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
            if (e != null) {
                throw e;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
