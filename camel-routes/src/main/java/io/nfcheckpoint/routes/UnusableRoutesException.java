// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

/** Routes of the user cannot be used: a mistake in the configuration of the run. */
public final class UnusableRoutesException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /** @param message one line that names the key, the file, the line of the file if it is known, and what is wrong */
    public UnusableRoutesException(String message, Throwable cause) {
        super(message, cause);
    }
}
