package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.MemoryAccess;

/** Rejects what the flags of a caller's buffer forbid, before anything is enqueued. */
final class AccessChecks {
    private AccessChecks() {}

    /** A transfer or a fill that writes. */
    static void written(MemoryAccess access, String by, long bytes) {
        reject(access.againstKernelWrites(), by + " cannot write", bytes);
    }

    static void fromHost(MemoryAccess access, String by, long bytes) {
        reject(access.againstHostWrites(), by + " cannot write", bytes);
    }

    static void toHost(MemoryAccess access, long bytes) {
        reject(access.againstHostReads(), "the host cannot read", bytes);
    }

    private static void reject(String flag, String what, long bytes) {
        if (flag != null) {
            throw new IllegalArgumentException(
                    what + " a tensor of " + bytes + " bytes in a buffer that was created with " + flag);
        }
    }
}
