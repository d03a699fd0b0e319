package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.MemoryInfo;

/**
 * The part of a caller's buffer that a tensor takes. Immutable and thread-safe.
 *
 * @param offset its first byte in the buffer
 * @param bytes its size
 * @param elementBytes the size of an element
 * @param tensor the tensor in messages, such as {@code a float32 tensor of shape [2, 3]}
 */
public record WrappedRange(long offset, long bytes, int elementBytes, String tensor) {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException when the offset is negative, or no multiple of an element's size
     */
    public WrappedRange {
        if (offset < 0) {
            throw new IllegalArgumentException("Expected a byteOffset of 0 or more, but got " + offset);
        }
        if (offset % elementBytes != 0) {
            throw new IllegalArgumentException("Expected a byteOffset that is a multiple of the element's "
                    + elementBytes + " bytes for " + tensor + ", but got " + offset);
        }
    }

    /** Checks that a memory object of a caller holds the range. */
    void check(MemoryInfo memory, Object context, DeviceInfo device) {
        if (memory.type() != null) {
            throw new IllegalArgumentException("Expected a buffer, but got a cl_mem of type " + memory.type());
        }
        if (!memory.context().equals(context)) {
            throw new IllegalArgumentException(
                    "the cl_mem belongs to another context than the backend on " + device.description());
        }
        if (memory.hostAddress() % elementBytes != 0) {
            throw new IllegalArgumentException("Expected a cl_mem on host memory at a multiple of the element's "
                    + elementBytes + " bytes for " + tensor + ", but its CL_MEM_USE_HOST_PTR is at 0x"
                    + Long.toHexString(memory.hostAddress()));
        }
        if (offset > memory.bytes() || bytes > memory.bytes() - offset) {
            throw new IllegalArgumentException(tensor + " takes " + bytes + " bytes from byte " + offset
                    + " of the cl_mem on, but the cl_mem has " + memory.bytes() + " bytes");
        }
    }
}
