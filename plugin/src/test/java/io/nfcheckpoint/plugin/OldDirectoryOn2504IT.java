// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

class OldDirectoryOn2504IT extends OldDirectoryContract {

    OldDirectoryOn2504IT() {
        super("25.04.4");
    }
}
