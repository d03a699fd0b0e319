package io.github.clnorm.device;

/**
 * A device and what its driver says of it. Sizes are in bytes.
 *
 * <p>Immutable and thread-safe.
 *
 * @param platformIndex index of its platform, in the order of the loader
 * @param deviceIndex index among the platform's devices
 * @param platform the platform's name
 * @param vendor the device's vendor
 * @param name the device's name
 * @param type what kind it is
 * @param driver the driver's version
 * @param version the OpenCL version it implements, such as {@code OpenCL 3.0 PoCL}
 * @param computeUnits parallel compute units
 * @param clockMHz the highest clock; 0 where the driver does not know
 * @param globalMemory memory
 * @param globalCache last level of cache for it; 0 where unknown
 * @param maxBuffer the largest single buffer
 * @param maxWorkGroupSize work-items of a work-group, at most
 * @param localMemory local memory of a work-group
 * @param fp16 whether it computes in half precision (storing halves needs no such thing)
 * @param fp64 whether it computes in double precision
 * @param fusedMultiplyAdd whether the driver offers {@code fma()} in single precision
 * @param correctlyRounded whether division and square root can be had correctly rounded
 * @param handle the device for the layer that calls OpenCL; null in a description without a device
 */
public record DeviceInfo(
        int platformIndex,
        int deviceIndex,
        String platform,
        String vendor,
        String name,
        DeviceType type,
        String driver,
        String version,
        int computeUnits,
        int clockMHz,
        long globalMemory,
        long globalCache,
        long maxBuffer,
        int maxWorkGroupSize,
        long localMemory,
        boolean fp16,
        boolean fp64,
        boolean fusedMultiplyAdd,
        boolean correctlyRounded,
        DeviceHandle handle) {

    /**
     * The selector that picks exactly this device.
     *
     * @return {@code PLATFORM:DEVICE}
     */
    public String selector() {
        return platformIndex + ":" + deviceIndex;
    }

    /**
     * How a person names it.
     *
     * @return name, platform and driver version
     */
    public String description() {
        return name + " (" + platform + ", driver " + driver + ")";
    }

    /**
     * A rough measure of speed, to choose among devices of one type.
     *
     * @return compute units times clock
     */
    public long rate() {
        return (long) Math.max(1, computeUnits) * Math.max(1, clockMHz);
    }
}
