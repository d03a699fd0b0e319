package io.github.clnorm.device;

import java.util.List;

/**
 * A device and what its driver says about it. Sizes are in bytes.
 *
 * <p>Immutable and thread-safe.
 *
 * @param identity which device it is
 * @param processor its compute units
 * @param memory its global memory
 * @param workGroup the limits of a work-group
 * @param arithmetic what it can compute
 * @param hardware how it is built, as far as its driver reports it
 * @param handle the device for the layer that calls OpenCL; null in a description without a device
 */
public record DeviceInfo(
        Identity identity,
        Processor processor,
        Memory memory,
        WorkGroup workGroup,
        Arithmetic arithmetic,
        Hardware hardware,
        DeviceHandle handle) {

    /**
     * A device whose driver reports nothing about its hardware.
     *
     * @param identity which device it is
     * @param processor its compute units
     * @param memory its global memory
     * @param workGroup the limits of a work-group
     * @param arithmetic what it can compute
     * @param handle the device for the layer that calls OpenCL; null in a description without a device
     */
    public DeviceInfo(
            Identity identity,
            Processor processor,
            Memory memory,
            WorkGroup workGroup,
            Arithmetic arithmetic,
            DeviceHandle handle) {
        this(identity, processor, memory, workGroup, arithmetic, Hardware.UNKNOWN, handle);
    }

    /**
     * Which device it is.
     *
     * @param platformIndex index of its platform, in the loader's order
     * @param deviceIndex index among the platform's devices
     * @param platform the platform's name
     * @param vendor the device's vendor
     * @param name the device's name
     * @param type the kind of device
     * @param driver the driver's version
     * @param version the OpenCL version it implements, such as {@code OpenCL 3.0 PoCL}
     */
    public record Identity(
            int platformIndex,
            int deviceIndex,
            String platform,
            String vendor,
            String name,
            DeviceType type,
            String driver,
            String version) {}

    /**
     * The compute units.
     *
     * @param computeUnits parallel compute units
     * @param clockMHz the highest clock in MHz; 0 if the driver does not report it
     */
    public record Processor(int computeUnits, int clockMHz) {}

    /**
     * Global memory.
     *
     * @param globalMemory size of the memory
     * @param globalCache size of its last level of cache; 0 if the driver does not report it
     * @param maxBuffer size of the largest single buffer
     */
    public record Memory(long globalMemory, long globalCache, long maxBuffer) {}

    /**
     * The limits of a work-group.
     *
     * @param maxWorkGroupSize the largest number of work-items
     * @param localMemory size of the local memory
     */
    public record WorkGroup(int maxWorkGroupSize, long localMemory) {}

    /**
     * What the device can compute.
     *
     * @param fp16 whether it computes in half precision; storing halves does not need it
     * @param fp64 whether it computes in double precision
     * @param fusedMultiplyAdd whether it has a fused multiply-add in single precision
     * @param correctlyRounded whether division and square root can be correctly rounded
     */
    public record Arithmetic(boolean fp16, boolean fp64, boolean fusedMultiplyAdd, boolean correctlyRounded) {}

    /**
     * How a device is built. OpenCL 1.2 has few of these queries. The others are in OpenCL 2.1 and later, and in
     * extensions of the vendors; what the driver does not report is 0 or empty.
     *
     * @param localMemoryType where local memory lies
     * @param unifiedMemory whether the device and the host share one memory
     * @param subGroupSizes work-items of a sub-group (warp, wavefront), in ascending order; empty if unknown
     * @param pciAddress {@code domain:bus:device.function} in hexadecimal, as {@code lspci} prints it; empty if unknown
     * @param architecture NVIDIA: the compute capability, such as {@code 9.0}. AMD: the version of the graphics IP, such as
     *     {@code 11.0}. Intel: the version of the graphics IP, such as {@code 12.55.8}. Empty if unknown
     * @param parts what a compute unit consists of
     * @param uuid what tells this device from all others, in lower-case hexadecimal groups of 8-4-4-4-12 digits as
     *     {@code nvidia-smi -L} prints them after {@code GPU-}; empty if unknown
     */
    public record Hardware(
            LocalMemoryType localMemoryType,
            boolean unifiedMemory,
            List<Integer> subGroupSizes,
            String pciAddress,
            String architecture,
            Parts parts,
            String uuid) {

        /** Of a driver that reports nothing. */
        public static final Hardware UNKNOWN =
                new Hardware(LocalMemoryType.UNKNOWN, false, List.of(), "", "", Parts.UNKNOWN);

        /**
         * Copies the sizes of sub-groups.
         *
         * @param localMemoryType not null
         * @param unifiedMemory whether device and host share one memory
         * @param subGroupSizes work-items, in ascending order
         * @param pciAddress not null
         * @param architecture not null
         * @param parts not null
         * @param uuid not null
         */
        public Hardware {
            subGroupSizes = List.copyOf(subGroupSizes);
        }

        /**
         * A device whose driver reports no UUID.
         *
         * @param localMemoryType not null
         * @param unifiedMemory whether device and host share one memory
         * @param subGroupSizes work-items, in ascending order
         * @param pciAddress not null
         * @param architecture not null
         * @param parts not null
         */
        public Hardware(
                LocalMemoryType localMemoryType,
                boolean unifiedMemory,
                List<Integer> subGroupSizes,
                String pciAddress,
                String architecture,
                Parts parts) {
            this(localMemoryType, unifiedMemory, subGroupSizes, pciAddress, architecture, parts, "");
        }
    }

    /**
     * What the compute units consist of. Drivers count different things as compute units; these numbers help to tell which.
     *
     * @param subSlices Intel: sub-slices, or Xe-cores, of the device; 0 if unknown
     * @param executionUnits Intel: execution units of a sub-slice; 0 if unknown
     * @param threads Intel: hardware threads of an execution unit; 0 if unknown
     * @param simdUnits AMD: SIMD units of a compute unit; 0 if unknown
     * @param simdLanes AMD: lanes of a SIMD unit; 0 if unknown
     * @param registers NVIDIA: 32-bit registers that a work-group may use; 0 if unknown
     */
    public record Parts(int subSlices, int executionUnits, int threads, int simdUnits, int simdLanes, int registers) {

        /** Of a driver that reports nothing. */
        public static final Parts UNKNOWN = new Parts(0, 0, 0, 0, 0, 0);
    }

    /**
     * The selector that picks exactly this device.
     *
     * @return {@code PLATFORM:DEVICE}
     */
    public String selector() {
        return platformIndex() + ":" + deviceIndex();
    }

    /**
     * The device in a message.
     *
     * @return name, platform and driver version
     */
    public String description() {
        return name() + " (" + platform() + ", driver " + driver() + ")";
    }

    /**
     * A rough measure of speed for choosing among devices of one type.
     *
     * @return compute units times clock
     */
    public long rate() {
        return (long) Math.max(1, computeUnits()) * Math.max(1, clockMHz());
    }

    /**
     * The index of its platform.
     *
     * @return the index, in the loader's order
     */
    public int platformIndex() {
        return identity.platformIndex;
    }

    /**
     * The index among the platform's devices.
     *
     * @return the index
     */
    public int deviceIndex() {
        return identity.deviceIndex;
    }

    /**
     * The platform's name.
     *
     * @return the name
     */
    public String platform() {
        return identity.platform;
    }

    /**
     * The device's vendor.
     *
     * @return the vendor
     */
    public String vendor() {
        return identity.vendor;
    }

    /**
     * The device's name.
     *
     * @return the name
     */
    public String name() {
        return identity.name;
    }

    /**
     * The kind of device.
     *
     * @return the type
     */
    public DeviceType type() {
        return identity.type;
    }

    /**
     * The driver's version.
     *
     * @return the version
     */
    public String driver() {
        return identity.driver;
    }

    /**
     * The OpenCL version that it implements.
     *
     * @return such as {@code OpenCL 3.0 PoCL}
     */
    public String version() {
        return identity.version;
    }

    /**
     * Parallel compute units.
     *
     * @return their number
     */
    public int computeUnits() {
        return processor.computeUnits;
    }

    /**
     * The highest clock.
     *
     * @return MHz; 0 if the driver does not report it
     */
    public int clockMHz() {
        return processor.clockMHz;
    }

    /**
     * The size of global memory.
     *
     * @return bytes
     */
    public long globalMemory() {
        return memory.globalMemory;
    }

    /**
     * The size of the last level of cache for global memory.
     *
     * @return bytes; 0 if the driver does not report it
     */
    public long globalCache() {
        return memory.globalCache;
    }

    /**
     * The size of the largest single buffer.
     *
     * @return bytes
     */
    public long maxBuffer() {
        return memory.maxBuffer;
    }

    /**
     * The largest number of work-items in a work-group.
     *
     * @return work-items
     */
    public int maxWorkGroupSize() {
        return workGroup.maxWorkGroupSize;
    }

    /**
     * The size of a work-group's local memory.
     *
     * @return bytes
     */
    public long localMemory() {
        return workGroup.localMemory;
    }

    /**
     * Whether it computes in half precision.
     *
     * @return false on devices that only store halves
     */
    public boolean fp16() {
        return arithmetic.fp16;
    }

    /**
     * Whether it computes in double precision.
     *
     * @return whether it does
     */
    public boolean fp64() {
        return arithmetic.fp64;
    }

    /**
     * Whether it has a fused multiply-add in single precision.
     *
     * @return whether it has one
     */
    public boolean fusedMultiplyAdd() {
        return arithmetic.fusedMultiplyAdd;
    }

    /**
     * Whether division and square root can be correctly rounded.
     *
     * @return whether they can
     */
    public boolean correctlyRounded() {
        return arithmetic.correctlyRounded;
    }

    /**
     * Where local memory lies.
     *
     * @return the type; {@link LocalMemoryType#UNKNOWN} if the driver does not report it
     */
    public LocalMemoryType localMemoryType() {
        return hardware.localMemoryType;
    }

    /**
     * Whether the device and the host share one memory.
     *
     * @return false also if the driver does not report it
     */
    public boolean unifiedMemory() {
        return hardware.unifiedMemory;
    }

    /**
     * Work-items of a sub-group.
     *
     * @return the possible sizes in ascending order; empty if unknown
     */
    public List<Integer> subGroupSizes() {
        return hardware.subGroupSizes;
    }

    /**
     * The address on the PCI bus.
     *
     * @return such as {@code 0000:3b:00.0}; empty if unknown
     */
    public String pciAddress() {
        return hardware.pciAddress;
    }

    /**
     * What tells this device from all others, also on other machines.
     *
     * @return hexadecimal groups of 8-4-4-4-12 digits; empty if unknown
     */
    public String uuid() {
        return hardware.uuid;
    }

    /**
     * The version of the hardware's architecture, in the vendor's own numbers.
     *
     * @return such as {@code 9.0}; empty if unknown
     */
    public String architecture() {
        return hardware.architecture;
    }

    /**
     * What the compute units consist of.
     *
     * @return numbers that are 0 if unknown
     */
    public Parts parts() {
        return hardware.parts;
    }
}
