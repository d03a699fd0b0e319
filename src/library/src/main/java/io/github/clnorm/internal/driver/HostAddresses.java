package io.github.clnorm.internal.driver;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.Buffer;
import java.util.OptionalLong;

/** Where direct buffers are in the process's memory. Thread-safe. */
public final class HostAddresses {
    private HostAddresses() {}

    /**
     * The address of a buffer's element 0.
     *
     * @param direct a direct buffer
     * @return the address; empty if JNA cannot be used
     */
    public static OptionalLong of(Buffer direct) {
        return JnaStart.problem().isPresent()
                ? OptionalLong.empty()
                : OptionalLong.of(Pointer.nativeValue(Native.getDirectBufferPointer(direct)));
    }
}
