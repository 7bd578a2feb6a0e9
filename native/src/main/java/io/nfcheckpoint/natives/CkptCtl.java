// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.natives;

import com.sun.jna.IntegerType;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/** {@code native/include/ckptctl.h}, function by function; the contract stands there. */
interface CkptCtl extends Library {

    /** The value of CKPTCTL_ABI that this interface was written for. */
    int ABI = 2;

    int OK = 0;
    int EINVAL = 1;
    int ENOENT = 2;
    int EDAMAGED = 3;
    int EIO = 4;
    int EFAILED = 5;
    int EBUSY = 6;

    int ckptctl_abi();

    int ckptctl_check(PointerByReference retJson, byte[] message, Size messageSize);

    int ckptctl_verify(String dir, int generation, PointerByReference retJson, byte[] message, Size messageSize);

    int ckptctl_inspect(String dir, PointerByReference retJson, byte[] message, Size messageSize);

    int ckptctl_request(String dir, int timeoutMs, PointerByReference retJson, byte[] message, Size messageSize);

    int ckptctl_remove(String dir, PointerByReference retJson, byte[] message, Size messageSize);

    void ckptctl_free(Pointer json);

    /** size_t. */
    final class Size extends IntegerType {
        private static final long serialVersionUID = 1L;

        /** JNA needs it. */
        public Size() {
            this(0);
        }

        Size(long value) {
            super(Native.SIZE_T_SIZE, value, true);
        }
    }
}
