package io.github.clnorm.device;

import java.util.List;

/**
 * No OpenCL device fits. The message says in one line what was looked for, what was found on the way from the loader to a
 * device, and what mends it.
 *
 * <p>Immutable and thread-safe.
 */
public final class NoDeviceException extends RuntimeException {

    private final transient List<Finding> findings;
    /** Whether there are devices that were not asked for. */
    private final boolean others;

    /**
     * No device, for a reason that has no parts.
     *
     * @param message one line
     */
    public NoDeviceException(String message) {
        this(message, List.of(), false, null);
    }

    /**
     * No device, because of a failure.
     *
     * @param message one line
     * @param cause the failure
     */
    public NoDeviceException(String message, Throwable cause) {
        this(message, List.of(), false, cause);
    }

    /**
     * No device, because of problems of the installation.
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

    /** One for a selector that matches none of the devices. */
    static NoDeviceException amongOthers(String message) {
        return new NoDeviceException(message, List.of(), true, null);
    }

    /**
     * What keeps this machine from having a device, in the order from the loader to the devices.
     *
     * @return the problems; empty where devices exist that were not asked for, and after deserialization
     */
    public List<Finding> findings() {
        return findings == null ? List.of() : findings;
    }

    /**
     * Whether this machine has devices, and the selector matches none of them.
     *
     * @return true where another selector finds a device
     */
    public boolean hasOtherDevices() {
        return others;
    }
}
