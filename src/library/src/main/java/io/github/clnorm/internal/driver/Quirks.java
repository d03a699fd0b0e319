package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;

/** Behaviour of specific devices and drivers. Thread-safe. */
public final class Quirks {
    private Quirks() {}

    /**
     * Returns whether a CPU vectorizes across work-items and compiles wide vector types badly, so that it is best used
     * like a GPU. Mesa's llvmpipe takes half a minute to compile a kernel with {@code float16}, and half a
     * second with scalars.
     *
     * @param device the device
     * @return true for Mesa's CPU device
     */
    public static boolean prefersWorkItemsToVectors(DeviceInfo device) {
        return device.name().startsWith("llvmpipe");
    }

    /**
     * Returns whether single work-items with wide vectors are fast and large work-groups are slow, as with PoCL.
     *
     * @param device the device
     * @return true for CPUs, except those that prefer work-items
     */
    public static boolean prefersVectorsToWorkItems(DeviceInfo device) {
        return device.type() == DeviceType.CPU && !prefersWorkItemsToVectors(device);
    }

    /**
     * Returns whether kernels are built for rows that are multiples of the vector width, where they are. NVIDIA's
     * compiler loads each element alone if it knows the alignment of one element only. CPUs load and store unaligned
     * vectors at once, and share programs.
     *
     * @param device the device
     * @return true for all devices but CPUs
     */
    public static boolean alignsVectors(DeviceInfo device) {
        return device.type() != DeviceType.CPU;
    }

    /**
     * Returns whether {@code vstore_half} may be relied on to round to nearest even, as the full profile prescribes.
     * {@code vstore_half_rte} always does, but libclc emulates it in 80 instructions. Mesa's llvmpipe may truncate.
     *
     * @param device the device
     * @return true for all devices but CPUs and those of rusticl
     */
    public static boolean roundsHalvesToNearest(DeviceInfo device) {
        return device.type() != DeviceType.CPU && !device.platform().equalsIgnoreCase("rusticl");
    }

    /**
     * Returns whether software prefetch pays: on a CPU, whose hardware prefetch stops at the end of a 4 KB page.
     *
     * @param device the device
     * @return true for CPUs that prefer vectors
     */
    public static boolean prefetches(DeviceInfo device) {
        return prefersVectorsToWorkItems(device);
    }

    /**
     * Returns whether non-temporal stores pay for outputs larger than the cache. They avoid reading lines that are
     * overwritten. AMD's CPUs gain; Intel's do not (Xeon, Cascade Lake: prefetching the lines is 10 to 25 % faster).
     *
     * @param device the device
     * @return true for CPUs, except Intel's
     */
    public static boolean prefersStreamingStores(DeviceInfo device) {
        return prefersVectorsToWorkItems(device) && !device.name().contains("Intel");
    }

    /**
     * Returns whether an ordinary launch takes seconds, because the device is emulated.
     *
     * @param device the device
     * @return true for Mesa's CPU device and for the simulator Oclgrind
     */
    public static boolean isSlow(DeviceInfo device) {
        return prefersWorkItemsToVectors(device) || device.platform().startsWith("Oclgrind");
    }

    /**
     * Returns whether the driver caches compiled programs on disk itself, and would recompile them to return a binary.
     * PoCL does: returning the binary of a program compiles each kernel once more (3.4 s, after a build of 1 s and a
     * first launch of 1.9 s), and saves a later process only 45 ms.
     *
     * @param device the device
     * @return true for the devices of PoCL
     */
    public static boolean keepsPrograms(DeviceInfo device) {
        return device.platform().equals("Portable Computing Language");
    }

    /**
     * Returns whether {@code clFinish} returns while kernels still run. Rusticl's does (Mesa 22.3: after 1 µs, while
     * the kernel takes 100 ms). A blocking read of any buffer waits.
     *
     * @param device the device
     * @return true for the devices of rusticl
     */
    public static boolean finishesEarly(DeviceInfo device) {
        return device.platform().equalsIgnoreCase("rusticl");
    }
}
