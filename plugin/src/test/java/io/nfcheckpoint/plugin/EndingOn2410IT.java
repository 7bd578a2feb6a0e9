// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

class EndingOn2410IT extends EndingContract {

    EndingOn2410IT() {
        super("24.10.0");
    }
}
