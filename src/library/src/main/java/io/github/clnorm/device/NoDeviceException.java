package io.github.clnorm.device;

import java.util.List;

/**
 * No OpenCL device matches. The message is one line: the selector, the problems of the installation, and their
 * remedies.
 *
 * <p>Immutable and thread-safe.
 */
public final class NoDeviceException extends RuntimeException {

    private final transient List<Finding> findings;
    /** Whether there are devices that do not match. */
    private final boolean others;

    /**
     * Creates an exception without findings.
     *
     * @param message one line
     */
    public NoDeviceException(String message) {
        this(message, List.of(), false, null);
    }

    /**
     * Creates an exception for a failure.
     *
     * @param message one line
     * @param cause the failure
     */
    public NoDeviceException(String message, Throwable cause) {
        this(message, List.of(), false, cause);
    }

    /**
     * Creates an exception for problems of the installation.
     *
     * @param message one line
     * @param findings the problems, in the order from the loader to the devices
     */
    public NoDeviceException(String message, List<Finding> findings) {
        this(message, findings, false, null);
    }

    private NoDeviceException(String message, List<Finding> findings, boolean others, Throwable cause) {
        super(message, cause);
        this.findings = List.copyOf(findings);
        this.others = others;
    }

    /** Creates an exception for a selector that matches none of the devices. */
    static NoDeviceException amongOthers(String message) {
        return new NoDeviceException(message, List.of(), true, null);
    }

    /**
     * Returns the problems of the installation, in the order from the loader to the devices.
     *
     * @return the problems; empty if devices exist that do not match, and after deserialization
     */
    public List<Finding> findings() {
        return findings == null ? List.of() : findings;
    }

    /**
     * Returns whether this machine has devices that the selector does not match.
     *
     * @return true if another selector finds a device
     */
    public boolean hasOtherDevices() {
        return others;
    }
}
