package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * A caller's direct buffer as the memory of a {@link SharedBuffer}. It is mapped while Java may use it: from a finish to the next
 * command on it. Keeps the buffer reachable. The session's lock guards it.
 */
final class HostWindow {

    private final OpenCl openCl;
    private final ByteBuffer buffer;
    private final int position;
    private final long bytes;
    // Null while it belongs to the device.
    private OpenCl.Mapped mapped;

    HostWindow(OpenCl openCl, ByteBuffer buffer) {
        this.openCl = openCl;
        this.buffer = buffer;
        this.position = buffer.position();
        this.bytes = buffer.remaining();
    }

    /** Whether a buffer is this one, at the same position. */
    boolean isOn(Buffer other) {
        return other == buffer && other.position() == position;
    }

    /** Enqueues handing it to Java. */
    void toHost(OpenCl.Memory root) {
        if (mapped == null) {
            mapped = openCl.enqueueMap(root, 0, bytes, OpenCl.Access.READ_AND_WRITE);
        }
    }

    /** Enqueues handing it back to the device. */
    void toDevice(OpenCl.Memory root) {
        if (mapped != null) {
            OpenCl.Mapped ended = mapped;
            mapped = null;
            openCl.release(ended.ready());
            openCl.unmap(root, ended.bytes());
        }
    }
}
