package io.github.clnorm.internal.runtime;

import java.util.EnumMap;
import java.util.Map;

/**
 * Device memory for values between the launches of a pass. Every pass of a session reuses the same buffers, since commands
 * run in order. The session's lock guards it.
 */
final class ScratchBuffers {

    private final Session session;
    private final DeviceMemory memory;
    private final LaunchTimer timer;
    private final Map<Scratch, DeviceBuffer> buffers = new EnumMap<>(Scratch.class);
    private int generation;

    ScratchBuffers(Session session, DeviceMemory memory, LaunchTimer timer) {
        this.session = session;
        this.memory = memory;
        this.timer = timer;
    }

    /** A buffer of at least that size. Its content is what the last launch that used it left. */
    DeviceBuffer get(Scratch use, long bytes) {
        LaunchTimes times = timer.current();
        if (times != null) {
            times.scratch(use, bytes);
        }
        DeviceBuffer buffer = buffers.get(use);
        if (buffer == null || buffer.bytes() < bytes) {
            if (buffer != null) {
                buffers.remove(use);
                generation++;
                buffer.close();
            }
            buffer = DeviceBuffer.kept(session, memory.allocate(bytes, true));
            buffers.put(use, buffer);
        }
        return buffer;
    }

    /** Changes when a buffer is closed: what refers to buffers of an earlier generation is invalid. */
    int generation() {
        return generation;
    }

    /** Closes all buffers. */
    void close() {
        buffers.values().forEach(DeviceBuffer::close);
        buffers.clear();
        generation++;
    }
}
