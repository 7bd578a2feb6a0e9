// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the user of Nextflow should read. */
final class Console {

    /** Nextflow shows on the console only what loggers below {@code nextflow.} write. */
    static final String LOGGER_NAME = "nextflow.checkpoint";

    static final Logger LOG = LoggerFactory.getLogger(LOGGER_NAME);

    private Console() {}
}
