// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
/**
 * The checkpointer as Java sees it, and the only package that touches native code.
 *
 * <p>{@link io.nfcheckpoint.natives.NativeInstaller} puts the programs that travel in this jar onto a disk,
 * {@link io.nfcheckpoint.natives.NativeCheckpointer} loads the library among them. Nothing else may use
 * {@code com.sun.jna}. Depends on JNA and Jackson.
 */
package io.nfcheckpoint.natives;
