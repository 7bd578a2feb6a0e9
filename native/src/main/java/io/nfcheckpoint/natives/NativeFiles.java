// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.nio.file.Path;

/** The three artefacts in their common directory, which they need to find each other. */
public record NativeFiles(Path ckpt, Path libckpt, Path libckptctl) {

    static NativeFiles in(Path directory) {
        return new NativeFiles(
                directory.resolve("ckpt"), directory.resolve("libckpt.so"), directory.resolve("libckptctl.so"));
    }
}
