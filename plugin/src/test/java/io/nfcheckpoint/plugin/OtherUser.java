// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Somebody else, who has used a directory before us. */
final class OtherUser {

    private static final int UID = 12345;

    private OtherUser() {}

    /** Only root can make what belongs to somebody else. */
    static void assumePossible() throws IOException {
        assumeThat(uid(Path.of("/proc/self")))
                .as("left out: it takes root to be two users")
                .isZero();
    }

    static int uid(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:uid");
    }

    /** One that all may write to. */
    static Path sharedDirectory(Path path) throws IOException {
        return give(path, "rwxrwxrwx");
    }

    /** Wherever the store of a task may come to lie, there is a folder of this user, and nobody else may look into it. */
    static void fill(Path stores) throws IOException {
        for (int number = 0; number < 256; number++) {
            give(stores.resolve("%02x".formatted(number)), "rwx------");
        }
    }

    private static Path give(Path path, String permissions) throws IOException {
        Files.createDirectory(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        Files.setAttribute(path, "unix:uid", UID);
        return path;
    }
}
