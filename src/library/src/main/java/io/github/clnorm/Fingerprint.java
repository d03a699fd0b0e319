package io.github.clnorm;

import java.io.Serializable;
import java.util.Objects;

/**
 * What the bits of a result depend on, beside its input: the device, its driver and the kernels. Results of equal
 * fingerprints have the same bits. Results of different ones may differ in their last digits.
 *
 * <p>Immutable, thread-safe and serializable.
 *
 * @param device the device's name
 * @param platform the platform's name
 * @param driver the driver's version
 * @param kernels a short hash of the kernels: 16 hexadecimal digits
 * @serial exclude
 */
public record Fingerprint(String device, String platform, String driver, String kernels) implements Serializable {

    /**
     * Checks that nothing is missing.
     *
     * @param device not null
     * @param platform not null
     * @param driver not null
     * @param kernels not null
     */
    public Fingerprint {
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(platform, "platform");
        Objects.requireNonNull(driver, "driver");
        Objects.requireNonNull(kernels, "kernels");
    }

    /** One line: {@code NAME (PLATFORM, driver VERSION), kernels HASH}. */
    @Override
    public String toString() {
        return device + " (" + platform + ", driver " + driver + "), kernels " + kernels;
    }
}
