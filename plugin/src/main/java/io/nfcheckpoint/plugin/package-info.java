// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
/**
 * The Nextflow adapter: reads the configuration, puts the checkpointer before a task's command, and turns decisions of
 * the routes into what Nextflow understands.
 *
 * <p>Depends on Nextflow and on {@code io.nfcheckpoint.routes}; of {@code io.nfcheckpoint.natives} only on what unpacks
 * and loads it, and on whether a task still runs. Nothing here knows how an image or a store looks, and nothing here may fail a run: what goes wrong is a
 * warning, and the task runs as if we were not there.
 */
package io.nfcheckpoint.plugin;
