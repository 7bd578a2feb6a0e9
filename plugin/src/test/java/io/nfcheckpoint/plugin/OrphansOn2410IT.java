// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

class OrphansOn2410IT extends OrphansContract {

    OrphansOn2410IT() {
        super("24.10.0");
    }
}
