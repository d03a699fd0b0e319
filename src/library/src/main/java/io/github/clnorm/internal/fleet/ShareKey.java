package io.github.clnorm.internal.fleet;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;

/**
 * What weights were measured for: the devices in their order, the operation, and sizes as powers of two.
 *
 * <p>Immutable and thread-safe.
 *
 * @param devices in their order
 * @param operation its name
 * @param type of the elements
 * @param layout where the channels are
 * @param sampleBytes the size of a sample, rounded up
 * @param bytes the size of the tensor, rounded up; at most 2^30, beyond which weights do not change
 */
public record ShareKey(
        List<Part> devices, String operation, ElementType type, Layout layout, long sampleBytes, long bytes) {

    private static final long MOST_BYTES = 1L << 30;

    /**
     * A device with the driver that was measured.
     *
     * @param device its name
     * @param platform the name of its platform
     * @param driver the driver's version
     * @param computeUnits of the device
     */
    public record Part(String device, String platform, String driver, int computeUnits) {

        /**
         * The part of a device.
         *
         * @param info the device
         * @return the part
         */
        public static Part of(DeviceInfo info) {
            return new Part(info.name(), info.platform(), info.driver(), info.computeUnits());
        }
    }

    /**
     * The key of a pass.
     *
     * @param devices in their order
     * @param operation its name
     * @param type of the elements
     * @param layout where the channels are
     * @param samples of the tensor
     * @param sampleBytes the size of each
     * @return the key
     */
    public static ShareKey of(
            List<DeviceInfo> devices,
            String operation,
            ElementType type,
            Layout layout,
            long samples,
            long sampleBytes) {
        return new ShareKey(
                devices.stream().map(Part::of).toList(),
                operation,
                type,
                layout,
                roundedUp(sampleBytes),
                roundedUp(Math.min(MOST_BYTES, samples * sampleBytes)));
    }

    private static long roundedUp(long bytes) {
        long highest = Long.highestOneBit(bytes);
        return highest == bytes ? bytes : highest << 1;
    }
}
