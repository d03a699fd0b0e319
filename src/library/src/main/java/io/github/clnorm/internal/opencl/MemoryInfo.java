package io.github.clnorm.internal.opencl;

/**
 * What OpenCL says about a memory object of a caller. Immutable and thread-safe.
 *
 * @param type null for a buffer, else OpenCl's name of the type, such as {@code CL_MEM_OBJECT_IMAGE2D}
 * @param context the context it belongs to, as {@link OpenCl#context()}
 * @param bytes its size
 * @param access its access flags, and those of its parent
 * @param parent the buffer that it is a sub-buffer of, or null
 * @param offset its first byte in the parent; 0 without one
 * @param hostAddress the address of the caller's memory that it uses, by {@code CL_MEM_USE_HOST_PTR}; 0 for none
 */
public record MemoryInfo(
        String type,
        Object context,
        long bytes,
        MemoryAccess access,
        OpenCl.Memory parent,
        long offset,
        long hostAddress) {}
