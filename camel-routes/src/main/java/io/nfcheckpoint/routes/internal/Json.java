// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import com.fasterxml.jackson.databind.ObjectMapper;

/** In a class of its own, which loads 300 others: most runs end before they read or write any JSON. */
final class Json {

    static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}
}
