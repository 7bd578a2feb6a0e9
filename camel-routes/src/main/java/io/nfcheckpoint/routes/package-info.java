// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
/**
 * What an engine adapter talks to: events in, decisions out.
 *
 * <p>An adapter starts one {@link io.nfcheckpoint.routes.CheckpointRoutes} per run, reports what happens to each task
 * and does what the answers say. Nothing here knows an engine, and nothing here knows how an image looks. The package
 * holds records and interfaces only; it depends on {@code io.nfcheckpoint.natives} and the JDK, the implementation in
 * {@code internal} on Apache Camel as well.
 */
package io.nfcheckpoint.routes;
