// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import nextflow.plugin.BasePlugin;
import org.pf4j.PluginWrapper;

/** What the plugin manager loads; everything starts in {@link CheckpointObserverFactory}. */
public final class CheckpointPlugin extends BasePlugin {

    public CheckpointPlugin(PluginWrapper wrapper) {
        super(wrapper);
    }
}
