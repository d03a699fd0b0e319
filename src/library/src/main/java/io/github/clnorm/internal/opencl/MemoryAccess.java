package io.github.clnorm.internal.opencl;

/**
 * What the flags of a buffer permit. Immutable and thread-safe.
 *
 * @param kernels the flag that restricts kernels, {@code CL_MEM_READ_ONLY} or {@code CL_MEM_WRITE_ONLY}; null for none
 * @param host the flag that restricts transfers, {@code CL_MEM_HOST_READ_ONLY}, {@code CL_MEM_HOST_WRITE_ONLY} or
 *     {@code CL_MEM_HOST_NO_ACCESS}; null for none
 */
public record MemoryAccess(String kernels, String host) {

    /** No restriction: the access to a buffer that clnorm allocated. */
    public static final MemoryAccess ALL = new MemoryAccess(null, null);

    static final String READ_ONLY = "CL_MEM_READ_ONLY";
    static final String WRITE_ONLY = "CL_MEM_WRITE_ONLY";
    static final String HOST_READ_ONLY = "CL_MEM_HOST_READ_ONLY";
    static final String HOST_WRITE_ONLY = "CL_MEM_HOST_WRITE_ONLY";
    static final String HOST_NO_ACCESS = "CL_MEM_HOST_NO_ACCESS";

    /**
     * The flag that forbids kernels to read.
     *
     * @return its name; null if they may
     */
    public String againstKernelReads() {
        return WRITE_ONLY.equals(kernels) ? kernels : null;
    }

    /**
     * The flag that forbids kernels to write.
     *
     * @return its name; null if they may
     */
    public String againstKernelWrites() {
        return READ_ONLY.equals(kernels) ? kernels : null;
    }

    /**
     * The flag that forbids transfers to the host.
     *
     * @return its name; null if they are permitted
     */
    public String againstHostReads() {
        return host == null || HOST_READ_ONLY.equals(host) ? null : host;
    }

    /**
     * The flag that forbids transfers from the host.
     *
     * @return its name; null if they are permitted
     */
    public String againstHostWrites() {
        return host == null || HOST_WRITE_ONLY.equals(host) ? null : host;
    }
}
