// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
/**
 * The routes and the classes that decide. Only the class that starts them is public, and only for the package above.
 */
package io.nfcheckpoint.routes.internal;
