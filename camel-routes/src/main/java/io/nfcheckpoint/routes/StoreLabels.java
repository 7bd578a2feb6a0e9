// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes;

/** Labels that an adapter gives to stores, by which a later run knows them. */
public final class StoreLabels {

    /** What a person calls the task. */
    public static final String TASK = "task";

    /** The project that the run belongs to, such as the directory that it was started in. */
    public static final String PROJECT = "project";

    /** The run, the same for all that resume it. */
    public static final String RUN = "run";

    /** The directory of the latest attempt, which an engine's own cleaning removes. */
    public static final String DIRECTORY = "directory";

    /** What the task does, the same in every run of the pipeline. */
    public static final String WORK = "work";

    private StoreLabels() {}
}
