package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;

/** What devices do that their type does not tell. Thread-safe. */
public final class Quirks {
    private Quirks() {}

    /**
     * Whether a CPU runs work-items side by side in its vector registers and compiles wide vectors badly, so that it is
     * best used like a GPU. Mesa's llvmpipe takes half a minute to compile a kernel with {@code float16}, and half a
     * second with scalars.
     *
     * @param device the device
     * @return true for Mesa's CPU device
     */
    public static boolean prefersWorkItemsToVectors(DeviceInfo device) {
        return device.name().startsWith("llvmpipe");
    }

    /**
     * Whether single work-items with wide vectors are fast, and work-groups of many items are not: PoCL and its like.
     *
     * @param device the device
     * @return true for CPUs but those that prefer work-items
     */
    public static boolean prefersVectorsToWorkItems(DeviceInfo device) {
        return device.type() == DeviceType.CPU && !prefersWorkItemsToVectors(device);
    }

    /**
     * Whether asking for memory ahead of time pays: on a CPU, whose own prefetching ends with a page of 4 KB.
     *
     * @param device the device
     * @return true for CPUs that run work-items one after another
     */
    public static boolean prefetches(DeviceInfo device) {
        return prefersVectorsToWorkItems(device);
    }

    /**
     * Whether writing past the cache pays for outputs that exceed it. It saves reading what is written over; AMD's CPUs
     * gain by it. Intel's did not (Xeon, Cascade Lake: asking for the lines ahead of time is faster by 10 to 25 %).
     *
     * @param device the device
     * @return true for CPUs but Intel's
     */
    public static boolean prefersStreamingStores(DeviceInfo device) {
        return prefersVectorsToWorkItems(device) && !device.name().contains("Intel");
    }

    /**
     * Whether a launch of ordinary size takes seconds: devices that emulate others.
     *
     * @param device the device
     * @return true for Mesa's CPU device and for the simulator Oclgrind
     */
    public static boolean isSlow(DeviceInfo device) {
        return prefersWorkItemsToVectors(device) || device.platform().startsWith("Oclgrind");
    }

    /**
     * Whether the driver keeps compiled programs on disk itself, and would compile them anew to hand them out. PoCL does:
     * a program that it has built and run takes one more compilation of every kernel to become a binary (3.4 s where the
     * build took 1 s and the first launch 1.9 s), which then saves a later process 45 ms.
     *
     * @param device the device
     * @return true for the devices of PoCL
     */
    public static boolean keepsPrograms(DeviceInfo device) {
        return device.platform().equals("Portable Computing Language");
    }

    /**
     * Whether {@code clFinish} returns while kernels still run. Rusticl's does (Mesa 22.3: within a microsecond, where the
     * kernel takes 100 ms); a blocking read of any buffer waits.
     *
     * @param device the device
     * @return true for the devices of rusticl
     */
    public static boolean finishesEarly(DeviceInfo device) {
        return device.platform().equalsIgnoreCase("rusticl");
    }
}
