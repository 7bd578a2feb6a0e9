// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import nextflow.plugin.BasePlugin;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginWrapper;

/** What the plugin manager loads; everything starts in {@link CheckpointObserverFactory}. */
public final class CheckpointPlugin extends BasePlugin {

    /** What {@link CheckpointScope} implements; 24.10 does not have it. */
    private static final String SCOPE = "nextflow.config.schema.ConfigScope";

    public CheckpointPlugin(PluginWrapper wrapper) {
        super(wrapper);
        if (wrapper.getPluginClassLoader() instanceof PluginClassLoader loader && !knowsScopes(loader)) {
            // Otherwise the log has a stack trace for each look at our extensions.
            loader.addFile(wrapper.getPluginPath().resolve("earlier").toFile());
        }
    }

    private static boolean knowsScopes(ClassLoader loader) {
        try {
            Class.forName(SCOPE, false, loader);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
