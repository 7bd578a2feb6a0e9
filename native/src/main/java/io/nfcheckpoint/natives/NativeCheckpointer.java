// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.ptr.PointerByReference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** The {@link Checkpointer} behind {@code libckptctl.so}: turns codes into exceptions and JSON into records. */
public final class NativeCheckpointer implements Checkpointer {

    private static final int MESSAGE_SIZE = 1024;

    private final CkptCtl library;

    private NativeCheckpointer(CkptCtl library) {
        this.library = library;
    }

    /**
     * Loads the library; it stays loaded until the JVM ends.
     *
     * @throws CheckpointException {@code UNSUPPORTED} when it cannot be loaded or is of another version
     */
    public static Checkpointer load(Path libckptctl) {
        String file = libckptctl.toAbsolutePath().toString();
        try {
            var library = Native.load(file, CkptCtl.class, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));
            requireAbi(file, library.ckptctl_abi());
            return new NativeCheckpointer(library);
        } catch (LinkageError e) {
            throw new CheckpointException(
                    CheckpointException.Code.UNSUPPORTED, "load '%s': %s".formatted(file, e.getMessage()), e);
        }
    }

    static void requireAbi(String file, int abi) {
        if (abi != CkptCtl.ABI) {
            throw new CheckpointException(
                    CheckpointException.Code.UNSUPPORTED,
                    "'%s' has interface version %d, not %d".formatted(file, abi, CkptCtl.ABI));
        }
    }

    @Override
    public HostCheck check() {
        return StoreJson.hostCheck(call(library::ckptctl_check));
    }

    @Override
    public GenerationManifest verify(Path store, int generation) {
        if (generation < 0) {
            throw invalid("generation %d is less than 0".formatted(generation));
        }
        String dir = directory(store);
        return StoreJson.manifest(
                call((json, message, size) -> library.ckptctl_verify(dir, generation, json, message, size)));
    }

    @Override
    public StoreView inspect(Path store) {
        String dir = directory(store);
        return StoreJson.storeView(call((json, message, size) -> library.ckptctl_inspect(dir, json, message, size)));
    }

    @Override
    public int request(Path store, Duration timeout) {
        if (timeout.isNegative()) {
            throw invalid("timeout %s is negative".formatted(timeout));
        }
        String dir = directory(store);
        int millis = (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE);
        return StoreJson.requestedGeneration(
                call((json, message, size) -> library.ckptctl_request(dir, millis, json, message, size)));
    }

    @Override
    public long remove(Path store) {
        String dir = directory(store);
        return StoreJson.removedBytes(call((json, message, size) -> library.ckptctl_remove(dir, json, message, size)));
    }

    private String call(Call call) {
        var json = new PointerByReference();
        var message = new byte[MESSAGE_SIZE];
        int status = call.into(json, message, new CkptCtl.Size(MESSAGE_SIZE));
        if (status != CkptCtl.OK) {
            throw new CheckpointException(code(status), Native.toString(message, "UTF-8"));
        }
        try {
            return json.getValue().getString(0, "UTF-8");
        } finally {
            library.ckptctl_free(json.getValue());
        }
    }

    private static CheckpointException.Code code(int status) {
        return switch (status) {
            case CkptCtl.EINVAL -> CheckpointException.Code.INVALID;
            case CkptCtl.ENOENT -> CheckpointException.Code.NOT_FOUND;
            case CkptCtl.EDAMAGED -> CheckpointException.Code.DAMAGED;
            case CkptCtl.EIO -> CheckpointException.Code.IO;
            case CkptCtl.EFAILED -> CheckpointException.Code.FAILED;
            case CkptCtl.EBUSY -> CheckpointException.Code.BUSY;
            default -> throw new IllegalStateException("libckptctl.so answered with the unknown status " + status);
        };
    }

    private static String directory(Path store) {
        return store.toAbsolutePath().toString();
    }

    private static CheckpointException invalid(String message) {
        return new CheckpointException(CheckpointException.Code.INVALID, message);
    }

    private interface Call {
        int into(PointerByReference json, byte[] message, CkptCtl.Size messageSize);
    }
}
