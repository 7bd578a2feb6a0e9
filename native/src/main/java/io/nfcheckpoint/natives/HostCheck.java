// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import java.util.List;

/**
 * What a host can do.
 *
 * @param usable whether checkpoint and restart work here
 */
public record HostCheck(boolean usable, List<Check> checks) {

    public HostCheck {
        checks = checks == null ? List.of() : List.copyOf(checks);
    }

    /** One thing that was looked at; {@code detail} says why it is not so. */
    public record Check(String name, boolean ok, String detail) {}
}
