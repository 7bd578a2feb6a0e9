// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

/**
 * What a sweep has removed.
 *
 * @param bytes that it took on disk
 */
public record StoresSwept(int stores, long bytes) {

    public static final StoresSwept NOTHING = new StoresSwept(0, 0);

    public StoresSwept plus(long bytesOfOneMore) {
        return new StoresSwept(stores + 1, bytes + bytesOfOneMore);
    }
}
