// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

class ResumingOn2410IT extends ResumingContract {

    ResumingOn2410IT() {
        super("24.10.0", false);
    }
}
