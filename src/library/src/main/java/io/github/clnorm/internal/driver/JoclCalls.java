package io.github.clnorm.internal.driver;

import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jocl.CL;
import org.jocl.CLException;

/**
 * Calls of JOCL whose answer is a code, whatever the application chose: {@code CL.setExceptionsEnabled} holds for the
 * whole JVM and is the application's, not ours.
 *
 * <p>Thread-safe.
 */
public final class JoclCalls {
    private JoclCalls() {}

    /**
     * The answer of a call.
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
     * What a call creates.
     *
     * @param code the array that the call writes its code to
     * @param call a call that returns an object
     * @param <T> the object's type
     * @return the object; not to be used when the code is not {@code CL_SUCCESS}
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
