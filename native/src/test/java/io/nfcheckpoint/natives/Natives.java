// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The artefacts of this build, unpacked once per JVM. */
public final class Natives {

    private static final NativeFiles FILES = install();

    private Natives() {}

    public static NativeFiles files() {
        return FILES;
    }

    public static Checkpointer checkpointer() {
        return NativeCheckpointer.load(FILES.libckptctl());
    }

    private static NativeFiles install() {
        try {
            return NativeInstaller.install(Files.createDirectories(Path.of("target", "natives")));
        } catch (IOException e) {
            throw new IllegalStateException("the artefacts cannot be unpacked", e);
        }
    }
}
