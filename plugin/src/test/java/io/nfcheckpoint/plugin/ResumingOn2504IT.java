// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

class ResumingOn2504IT extends ResumingContract {

    ResumingOn2504IT() {
        super("25.04.4", true);
    }
}
