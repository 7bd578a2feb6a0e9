// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

class EndingOn2504IT extends EndingContract {

    EndingOn2504IT() {
        super("25.04.4");
    }
}
