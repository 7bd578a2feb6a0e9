// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.util.Objects;

/** The checkpointer refused; the message is one line for a person. */
public class CheckpointException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Why, for a program. */
    public enum Code {
        /** An argument makes no sense. */
        INVALID,
        /** No store there, or no such generation. */
        NOT_FOUND,
        /** Something is there, but not what its checksum or format says. */
        DAMAGED,
        /** The system refused. */
        IO,
        /** A checkpoint was demanded and could not be taken. */
        FAILED,
        /** A task runs there. */
        BUSY,
        /** There is no checkpointer for this platform, or it is of another version. */
        UNSUPPORTED
    }

    private final Code code;

    public CheckpointException(Code code, String message) {
        this(code, message, null);
    }

    public CheckpointException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = Objects.requireNonNull(code, "code");
    }

    public Code code() {
        return code;
    }
}
