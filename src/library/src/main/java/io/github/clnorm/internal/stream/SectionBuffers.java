package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Session;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * The device memory of one section. A device that shares the host's memory works on the host's memory of tensors. Used by one
 * thread.
 */
final class SectionBuffers implements AutoCloseable {

    private final Session session;
    private final Deque<DeviceBuffer> open = new ArrayDeque<>();
    private final Set<DeviceBuffer> shared = Collections.newSetFromMap(new IdentityHashMap<>());

    SectionBuffers(Session session) {
        this.session = session;
    }

    /** Memory with undefined content. */
    DeviceBuffer allocate(long bytes) {
        return keep(session.allocate(bytes));
    }

    /** A tensor with the content of host memory. Null for null. */
    DeviceBuffer tensor(ByteBuffer host) {
        DeviceBuffer buffer = target(host);
        if (buffer != null && !shared.contains(buffer)) {
            write(buffer, host);
        }
        return buffer;
    }

    /** A tensor whose content {@link #download} will bring to the host. Null for null. */
    DeviceBuffer target(ByteBuffer host) {
        if (host == null) {
            return null;
        }
        if (!session.worksOn(host)) {
            return allocate(host.remaining());
        }
        DeviceBuffer buffer = keep(session.wrap(host));
        shared.add(buffer);
        return buffer;
    }

    /** A copy of a few values, such as parameters. Null for null. */
    DeviceBuffer copy(ByteBuffer host) {
        if (host == null) {
            return null;
        }
        DeviceBuffer buffer = allocate(host.remaining());
        write(buffer, host);
        return buffer;
    }

    private void write(DeviceBuffer buffer, ByteBuffer host) {
        session.transfers()
                .write(
                        buffer,
                        (offset, bytes) -> bytes.put(host.slice((int) offset, bytes.remaining())),
                        false,
                        "a transfer");
    }

    /** Brings the content of a buffer to the host, and blocks until it is there. */
    void download(DeviceBuffer buffer, ByteBuffer host) {
        if (shared.contains(buffer)) {
            session.finish();
        } else {
            session.transfers()
                    .read(
                            buffer,
                            (offset, bytes) ->
                                    host.slice((int) offset, bytes.remaining()).put(bytes),
                            false);
        }
    }

    private DeviceBuffer keep(DeviceBuffer buffer) {
        open.push(buffer);
        return buffer;
    }

    /** Closes all, also if closing one throws. */
    @Override
    public void close() {
        RuntimeException first = null;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
