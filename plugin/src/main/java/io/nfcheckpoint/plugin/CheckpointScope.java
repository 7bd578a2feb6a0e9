// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import nextflow.config.schema.ConfigOption;
import nextflow.config.schema.ConfigScope;
import nextflow.config.schema.ScopeName;
import nextflow.script.dsl.Description;

/**
 * Tells those versions of Nextflow that ask which settings there are; nothing is ever read from here. Versions without
 * these classes cannot load it, and need not.
 */
@ScopeName(Configuration.NAME)
@Description("Checkpoints of tasks by nf-checkpoint.")
public final class CheckpointScope implements ConfigScope {

    @ConfigOption
    @Description("Whether tasks run under the checkpointer.")
    public boolean enabled;

    @ConfigOption
    @Description("Time between two checkpoints of a task, or auto.")
    public Object interval;

    @ConfigOption
    @Description("No checkpoint of a task that has run for less.")
    public Object minRuntime;

    @ConfigOption
    @Description("Images of a task that stay on disk.")
    public int keep;

    @ConfigOption
    @Description("Restarts of a task from an image before its failure is left to Nextflow.")
    public int maxRestarts;

    @ConfigOption
    @Description("What one image may take.")
    public Object maxSize;

    @ConfigOption
    @Description("How long the last checkpoint of a task that is asked to end may take.")
    public Object grace;

    @ConfigOption
    @Description("What becomes of a task that was interrupted: restart, rerun or ignore.")
    public String onError;

    @ConfigOption
    @Description("How images are compressed: none.")
    public String compression;

    @ConfigOption
    @Description("What signals from outside mean.")
    public Object signal;

    @ConfigOption
    @Description("Variables of the job, which after a restart are those of the new job.")
    public Object refreshEnv;

    @ConfigOption
    @Description("Where images are kept.")
    public Object dir;

    @ConfigOption
    @Description("A directory with routes of your own, which are told what happens.")
    public Object routes;
}
