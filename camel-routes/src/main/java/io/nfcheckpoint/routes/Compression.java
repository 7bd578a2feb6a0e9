// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

/** How images are compressed. */
public enum Compression {
    /** Pages are stored as they are, so that a restart reads them straight to their place. */
    NONE
}
