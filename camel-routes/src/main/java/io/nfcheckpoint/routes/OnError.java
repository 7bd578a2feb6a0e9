// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

/** What becomes of a task that was interrupted. */
public enum OnError {
    /** It is retried and continues from an image. */
    RESTART,

    /** It is retried from the start; images serve only a run that is resumed. */
    RERUN,

    /** The engine decides as if there were no images. */
    IGNORE
}
