package io.github.clnorm.internal.opencl;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static org.jocl.CL.CL_SUCCESS;

import io.github.clnorm.device.ClException;
import java.util.function.IntSupplier;

/**
 * Turns OpenCL's codes into exceptions. Immutable and thread-safe.
 *
 * @param device the device in messages
 */
record JoclCheck(String device) {

    /** Makes a call, and throws if it fails. */
    void run(IntSupplier call, String name) {
        of(code(call), name);
    }

    /** Throws if the code of a call is not {@code CL_SUCCESS}. */
    void of(int code, String call) {
        if (code != CL_SUCCESS) {
            throw new ClException(code, call, device);
        }
    }
}
