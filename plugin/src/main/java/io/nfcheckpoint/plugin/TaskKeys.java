// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.plugin;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import nextflow.processor.TaskProcessor;
import nextflow.processor.TaskRun;

/**
 * What a task computes, as a name: the same for every attempt, and for the same task when the run is resumed.
 *
 * <p>Nextflow knows this as the hash from which it derives the hashes of the attempts, but keeps it nowhere, so it is
 * computed once more. The text of the script is part of the name as well: when a retry is given other memory and with it
 * another command line, the image of the old command is of no use.
 */
final class TaskKeys {

    private static final int SCRIPT_DIGITS = 8;

    private TaskKeys() {}

    /** @throws IllegalStateException when this Nextflow has no way to compute it that we know */
    static String of(TaskRun task) {
        return taskHash(task) + "-" + scriptHash(task.getScript());
    }

    private static String taskHash(TaskRun task) {
        try {
            return String.valueOf(compute(task));
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("the task's hash cannot be computed: " + e.getCause(), e.getCause());
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new IllegalStateException("this Nextflow computes task hashes in a way that is not known: " + e, e);
        }
    }

    private static Object compute(TaskRun task) throws ReflectiveOperationException {
        try {
            Method method = TaskProcessor.class.getDeclaredMethod("createTaskHashKey", TaskRun.class);
            method.setAccessible(true);
            return method.invoke(task.getProcessor(), task);
        } catch (NoSuchMethodException e) {
            // From 26.01 on.
            Class<?> hasher = Class.forName("nextflow.processor.TaskHasher", true, TaskRun.class.getClassLoader());
            Object instance = hasher.getConstructor(TaskRun.class).newInstance(task);
            return hasher.getMethod("compute").invoke(instance);
        }
    }

    private static String scriptHash(String script) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, SCRIPT_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
