package io.github.clnorm.internal.driver;

import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jocl.CL;
import org.jocl.CLException;

/**
 * Calls JOCL and returns OpenCL's error codes. An application may have enabled exceptions with
 * {@code CL.setExceptionsEnabled}, which applies to the whole JVM; this class converts them back to codes.
 *
 * <p>Thread-safe.
 */
public final class JoclCalls {
    private JoclCalls() {}

    /**
     * Returns the error code of a call.
     *
     * @param call a call that returns OpenCL's code
     * @return the code
     */
    public static int code(IntSupplier call) {
        try {
            return call.getAsInt();
        } catch (CLException e) {
            return e.getStatus();
        }
    }

    /**
     * Returns the object that a call creates.
     *
     * @param code the array that the call writes its code to
     * @param call a call that returns an object
     * @param <T> the object's type
     * @return the object; invalid if the code is not {@code CL_SUCCESS}
     */
    public static <T> T created(int[] code, Supplier<T> call) {
        code[0] = CL.CL_SUCCESS;
        try {
            return call.get();
        } catch (CLException e) {
            code[0] = e.getStatus();
            return null;
        }
    }
}
