package io.github.clnorm.internal.driver;

import org.jocl.CL;

/**
 * Text that a driver returns in two calls: first its size, then its bytes. A wrong size does no harm: a size beyond a
 * limit, or a negative one, is replaced by the limit.
 *
 * <p>Immutable and thread-safe.
 *
 * @param code OpenCL's code of the call that failed, or {@code CL_SUCCESS}
 * @param size the size that the driver returned, in bytes; unsigned
 * @param text the text up to its first NUL; empty after a failure
 */
public record DriverAnswer(int code, long size, String text) {

    /** A call like {@code clGetDeviceInfo}. */
    @FunctionalInterface
    public interface Query {

        /**
         * Calls the driver.
         *
         * @param bytes receives the text; null to query only the size
         * @param size receives the size, or null
         * @return OpenCL's code
         */
        int ask(byte[] bytes, long[] size);
    }

    /**
     * Queries a text.
     *
     * @param query the call
     * @param most the largest plausible size in bytes
     * @return the text, or the code of the call that failed
     */
    public static DriverAnswer of(Query query, int most) {
        long[] size = new long[1];
        int code = query.ask(null, size);
        if (code != CL.CL_SUCCESS || size[0] == 0) {
            return new DriverAnswer(code, size[0], "");
        }
        byte[] bytes = new byte[isBelieved(size[0], most) ? (int) size[0] : most];
        code = query.ask(bytes, null);
        return new DriverAnswer(code, size[0], code == CL.CL_SUCCESS ? DriverText.text(bytes) : "");
    }

    /**
     * Returns whether a size from a driver is plausible.
     *
     * @param size the size; negative if it is 2^63 or more
     * @param most the largest plausible size
     * @return whether it is between 0 and {@code most}
     */
    public static boolean isBelieved(long size, long most) {
        return size >= 0 && size <= most;
    }
}
