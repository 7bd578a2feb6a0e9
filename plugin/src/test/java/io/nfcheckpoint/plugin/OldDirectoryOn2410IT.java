// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

class OldDirectoryOn2410IT extends OldDirectoryContract {

    OldDirectoryOn2410IT() {
        super("24.10.0");
    }
}
