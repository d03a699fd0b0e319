package io.github.clnorm.device;

/** No OpenCL device fits. The message says what was looked for, what is there, and how to install one. */
public final class NoDeviceException extends RuntimeException {

    NoDeviceException(String message) {
        super(message);
    }

    NoDeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
