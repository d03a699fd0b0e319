package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.MemoryAccess;
import io.github.clnorm.internal.opencl.MemoryInfo;
import io.github.clnorm.internal.opencl.OpenCl;
import java.nio.ByteBuffer;

/**
 * A session's allocations in memory that is in use already: that of a caller's buffer, and that of another tensor. The
 * session's lock guards it.
 */
final class SharedMemory {

    private final OpenCl openCl;
    private final DeviceInfo device;
    private final SharedContext context;
    private final DeviceMemory memory;

    SharedMemory(OpenCl openCl, DeviceInfo device, SharedContext context, DeviceMemory memory) {
        this.openCl = openCl;
        this.device = device;
        this.context = context;
        this.memory = memory;
    }

    /**
     * A range of a caller's buffer, which is retained until the allocation is closed.
     *
     * @param range its offset in bytes, and the tensor's size
     * @throws IllegalArgumentException when the buffer cannot hold the tensor
     */
    Allocation wrap(OpenCl.Memory given, WrappedRange range) {
        MemoryInfo info = describe(given);
        range.check(info, openCl.context(), device);
        OpenCl.Memory root = info.parent() == null ? given : info.parent();
        long offset = info.offset() + range.offset();
        if (range.bytes() == 0) {
            return memory.allocate(0, false);
        }
        if (offset > 0 && offset % openCl.subBufferAlignment() != 0) {
            throw new IllegalArgumentException("Expected a tensor at a multiple of " + openCl.subBufferAlignment()
                    + " bytes (CL_DEVICE_MEM_BASE_ADDR_ALIGN of " + device.description() + "), but got byteOffset "
                    + range.offset()
                    + (info.offset() == 0
                            ? ""
                            : " in a sub-buffer that begins at byte " + info.offset() + " of its buffer"));
        }
        // At its beginning the caller's own object, so that the tensor's memory is that object.
        boolean isPart = range.offset() > 0;
        SharedBuffer known = context.find(root);
        if (known == null) {
            MemoryInfo ofRoot = info.parent() == null ? info : describe(root);
            known = memory.ofCaller(retained(root), ofRoot.bytes());
            known.onHost(ofRoot.hostAddress());
        }
        OpenCl.Memory part;
        try {
            part = isPart
                    ? openCl.createSubBuffer(root, offset, range.bytes())
                    : info.parent() == null ? known.root() : retained(given);
        } catch (RuntimeException e) {
            known.releaseUnused();
            throw e;
        }
        return memory.add(Allocation.in(memory, known, offset, range.bytes(), info.access(), part));
    }

    /** All of a caller's direct buffer, on which the device works. */
    Allocation wrap(ByteBuffer host) {
        if (!host.hasRemaining()) {
            return memory.allocate(0, false);
        }
        OpenCl.Memory root = openCl.createBufferOn(host);
        SharedBuffer buffer = memory.ofCaller(root, host.remaining());
        buffer.placeOn(new HostWindow(openCl, host), openCl.describe(root).hostAddress());
        memory.window(buffer);
        Allocation allocation = Allocation.in(memory, buffer, 0, buffer.bytes, MemoryAccess.ALL, root);
        // A driver that does not tell the address must not make strangers overlap.
        if (buffer.address() != 0) {
            context.onHost(buffer);
        }
        return memory.add(allocation);
    }

    private OpenCl.Memory retained(OpenCl.Memory given) {
        openCl.retain(given);
        return given;
    }

    private MemoryInfo describe(OpenCl.Memory given) {
        try {
            return openCl.describe(given);
        } catch (ClException e) {
            throw new IllegalArgumentException(
                    "Expected a buffer, but clGetMemObjectInfo answers " + e.codeName()
                            + " for this cl_mem: it was released, or never created",
                    e);
        }
    }

    /**
     * A range of another allocation of this session, or all of it.
     *
     * @throws ClException when the device cannot address it
     */
    Allocation part(Allocation base, long from, long bytes) {
        // A transfer may be writing other bytes of the base.
        OpenCl.Memory whole = base.open();
        if (bytes == 0) {
            return memory.allocate(0, false);
        }
        OpenCl.Memory part;
        if (bytes < base.bytes) {
            part = openCl.createSubBuffer(base.sharedBuffer().root(), base.offset() + from, bytes);
        } else {
            // The same object, so that kernels need no other argument.
            part = whole == base.sharedBuffer().root() ? whole : retained(whole);
        }
        return memory.add(base.part(memory, from, bytes, part));
    }

    /** The buffer behind an allocation, for a caller: from now on it is not reused for other tensors. */
    OpenCl.Memory reach(Allocation allocation) {
        OpenCl.Memory reached = allocation.usable();
        if (reached != null) {
            allocation.sharedBuffer().makeReachable();
            allocation.sharedBuffer().toDevice();
            context.add(allocation.sharedBuffer());
        }
        return reached;
    }
}
