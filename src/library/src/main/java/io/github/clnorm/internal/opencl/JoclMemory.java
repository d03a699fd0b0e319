package io.github.clnorm.internal.opencl;

import static io.github.clnorm.internal.driver.JoclCalls.created;
import static org.jocl.CL.*;

import io.github.clnorm.internal.driver.ReleasedObjects;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Supplier;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_buffer_region;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_mem;

/**
 * Buffers of a context. Those that clnorm allocates are in huge pages, where the system has them and the device works in the
 * host's memory. Not thread-safe: the calls of {@link OpenCl} are made one at a time.
 */
final class JoclMemory {

    static final long UNKNOWN = -1;

    private static final cl_mem NONE = new cl_mem();
    // Freed memory holds a larger number, or less than 1.
    private static final int MOST_REFERENCES = 1 << 24;

    private final JoclCheck check;
    private final cl_context context;
    private final cl_device_id device;
    private final Supplier<Optional<PagedBuffers>> pages;
    // 0 until it is needed.
    private long subBufferAlignment;

    /** A buffer, and the pointer that sets it as an argument. Two are equal if they are the same OpenCL object. */
    private static final class Handle {
        final cl_mem memory;
        final Pointer pointer;
        // The huge pages that it is in, which are released with it. Null for all other memory.
        final PagedBuffers.Backing backing;
        final long bytes;

        Handle(cl_mem memory, PagedBuffers.Backing backing, long bytes) {
            this.memory = memory;
            this.bytes = bytes;
            this.backing = backing;
            this.pointer = Pointer.to(memory);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Handle handle && memory.equals(handle.memory);
        }

        @Override
        public int hashCode() {
            return memory.hashCode();
        }
    }

    /**
     * Buffers of a context.
     *
     * @param pages the memory that clnorm's own buffers are made on; empty to leave that to the driver
     */
    JoclMemory(JoclCheck check, cl_context context, cl_device_id device, Supplier<Optional<PagedBuffers>> pages) {
        this.check = check;
        this.context = context;
        this.device = device;
        this.pages = pages;
    }

    static OpenCl.Memory of(cl_mem memory) {
        return of(memory, UNKNOWN);
    }

    private static OpenCl.Memory of(cl_mem memory, long bytes) {
        return new OpenCl.Memory(new Handle(memory, null, bytes));
    }

    /** The size of a buffer; {@link #UNKNOWN} for one that a caller made. */
    static long bytes(OpenCl.Memory memory) {
        return ((Handle) memory.handle()).bytes;
    }

    static cl_mem object(OpenCl.Memory memory) {
        return ((Handle) memory.handle()).memory;
    }

    static Pointer argument(OpenCl.Memory memory) {
        return ((Handle) memory.handle()).pointer;
    }

    OpenCl.Memory create(long bytes) {
        PagedBuffers.Backing backing =
                pages.get().map(buffers -> buffers.take(bytes)).orElse(null);
        if (backing == null) {
            return of(create(CL_MEM_READ_WRITE, bytes, null), bytes);
        }
        try {
            Pointer host = Pointer.to(backing.hostPointer());
            return new OpenCl.Memory(
                    new Handle(create(CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, bytes, host), backing, bytes));
        } catch (RuntimeException e) {
            backing.cancel();
            throw e;
        }
    }

    OpenCl.Memory createPinned(long bytes) {
        return of(create(CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, bytes, null), bytes);
    }

    OpenCl.Memory createOn(ByteBuffer host) {
        return of(
                create(CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, host.remaining(), Pointer.to(host.slice())),
                host.remaining());
    }

    private cl_mem create(long flags, long bytes, Pointer host) {
        int[] code = new int[1];
        cl_mem memory = created(code, () -> clCreateBuffer(context, flags, bytes, host, code));
        check.of(code[0], "clCreateBuffer");
        return memory;
    }

    OpenCl.Memory createSub(OpenCl.Memory parent, long offset, long bytes) {
        int[] code = new int[1];
        // No flags: those of the parent.
        cl_mem memory = created(
                code,
                () -> clCreateSubBuffer(
                        object(parent), 0, CL_BUFFER_CREATE_TYPE_REGION, new cl_buffer_region(offset, bytes), code));
        check.of(code[0], "clCreateSubBuffer");
        return of(memory, bytes);
    }

    long subBufferAlignment() {
        if (subBufferAlignment == 0) {
            int[] bits = new int[1];
            check.run(
                    () -> clGetDeviceInfo(
                            device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, Sizeof.cl_uint, Pointer.to(bits), null),
                    "clGetDeviceInfo");
            subBufferAlignment = Math.max(1, bits[0] / Byte.SIZE);
        }
        return subBufferAlignment;
    }

    // Deprecated since OpenCL 2.0, but answered by drivers of all versions.
    @SuppressWarnings("deprecation")
    boolean isHosts() {
        int[] isHosts = new int[1];
        check.run(
                () -> clGetDeviceInfo(device, CL_DEVICE_HOST_UNIFIED_MEMORY, Sizeof.cl_uint, Pointer.to(isHosts), null),
                "clGetDeviceInfo");
        return isHosts[0] != 0;
    }

    void retain(OpenCl.Memory memory) {
        check.run(() -> clRetainMemObject(object(memory)), "clRetainMemObject");
    }

    void release(OpenCl.Memory memory) {
        // Also of a buffer that another port on this context made.
        PagedBuffers.Backing backing = ((Handle) memory.handle()).backing;
        if (backing == null) {
            check.run(() -> clReleaseMemObject(object(memory)), "clReleaseMemObject");
        } else {
            backing.release(object(memory));
        }
    }

    /** Takes back the huge pages of released buffers that commands used until now. */
    void reclaim() {
        pages.get().ifPresent(PagedBuffers::look);
    }

    /** The same after the queue is released, which may refer to its last command. */
    void reclaimAll() {
        pages.get().ifPresent(PagedBuffers::lookAtAll);
    }

    MemoryInfo describe(OpenCl.Memory memory) {
        cl_mem object = object(memory);
        checkNotReleased(object);
        int[] type = new int[1];
        query(object, CL_MEM_TYPE, Sizeof.cl_uint, Pointer.to(type));
        cl_context of = new cl_context();
        query(object, CL_MEM_CONTEXT, Sizeof.cl_context, Pointer.to(of));
        long[] bytes = new long[1];
        query(object, CL_MEM_SIZE, Sizeof.size_t, Pointer.to(bytes));
        cl_mem parent = new cl_mem();
        query(object, CL_MEM_ASSOCIATED_MEMOBJECT, Sizeof.cl_mem, Pointer.to(parent));
        boolean isPart = !parent.equals(NONE);
        long[] offset = new long[1];
        if (isPart) {
            query(object, CL_MEM_OFFSET, Sizeof.size_t, Pointer.to(offset));
        }
        long flags = flags(object) | (isPart ? flags(parent) : 0);
        return new MemoryInfo(
                type[0] == CL_MEM_OBJECT_BUFFER ? null : CL.stringFor_cl_mem_object_type(type[0]),
                of,
                bytes[0],
                access(flags),
                isPart ? of(parent) : null,
                offset[0],
                has(flags, CL_MEM_USE_HOST_PTR) ? hostAddress(object) : 0);
    }

    /** A released object is the caller's fault, and may crash the process. Both checks find most of them. */
    private void checkNotReleased(cl_mem object) {
        boolean released = ReleasedObjects.contain(object, context);
        if (!released) {
            int[] references = new int[1];
            query(object, CL_MEM_REFERENCE_COUNT, Sizeof.cl_uint, Pointer.to(references));
            released = references[0] <= 0 || references[0] > MOST_REFERENCES;
        }
        if (released) {
            check.of(CL_INVALID_MEM_OBJECT, "clGetMemObjectInfo");
        }
    }

    private long flags(cl_mem object) {
        long[] flags = new long[1];
        query(object, CL_MEM_FLAGS, Sizeof.cl_ulong, Pointer.to(flags));
        return flags[0];
    }

    private long hostAddress(cl_mem object) {
        long[] address = new long[1];
        query(object, CL_MEM_HOST_PTR, Sizeof.POINTER, Pointer.to(address));
        return address[0];
    }

    private void query(cl_mem object, int what, long size, Pointer answer) {
        check.run(() -> clGetMemObjectInfo(object, what, size, answer, null), "clGetMemObjectInfo");
    }

    private static MemoryAccess access(long flags) {
        return new MemoryAccess(
                has(flags, CL_MEM_READ_ONLY)
                        ? MemoryAccess.READ_ONLY
                        : has(flags, CL_MEM_WRITE_ONLY) ? MemoryAccess.WRITE_ONLY : null,
                has(flags, CL_MEM_HOST_NO_ACCESS)
                        ? MemoryAccess.HOST_NO_ACCESS
                        : has(flags, CL_MEM_HOST_READ_ONLY)
                                ? MemoryAccess.HOST_READ_ONLY
                                : has(flags, CL_MEM_HOST_WRITE_ONLY) ? MemoryAccess.HOST_WRITE_ONLY : null);
    }

    private static boolean has(long flags, long flag) {
        return (flags & flag) != 0;
    }
}
