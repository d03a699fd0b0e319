package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.device.LocalMemoryType;
import java.util.List;
import java.util.Locale;

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
     * Whether a work-item stops without an error after 65,536 trips of a loop. Mesa's llvmpipe does.
     *
     * @param device the device
     * @return true if the length of loops must be bounded
     */
    public static boolean stopsLongLoops(DeviceInfo device) {
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
     * Returns whether a device is used as a GPU: its plans come from a model of its time.
     *
     * @param device the device
     * @return false for CPUs, Mesa's included
     */
    public static boolean isGpu(DeviceInfo device) {
        return device.type() != DeviceType.CPU && !prefersWorkItemsToVectors(device);
    }

    /**
     * Returns the vector widths that are worth trying on a device, the best first. On CPUs 16, 8 and 4. On GPUs 4, 2 and 1,
     * except Intel's: its compiler keeps vectors of two in private memory, and on Ponte Vecchio (graphics IP 12.60), where
     * it takes sub-groups of 32, it spills up to 8 KiB with vectors of four (ocloc of Debian's intel-opencl-icd, all kernels).
     * Only scalars on Mesa's CPU device.
     *
     * @param device the device
     * @return powers of two
     */
    public static List<Integer> vectorWidths(DeviceInfo device) {
        if (prefersVectorsToWorkItems(device)) {
            return List.of(16, 8, 4);
        }
        if (prefersWorkItemsToVectors(device)
                || isIntel(device) && device.architecture().startsWith("12.60")) {
            return List.of(1);
        }
        return isIntel(device) ? List.of(4, 1) : List.of(4, 2, 1);
    }

    /**
     * Returns the smallest work-group of several work-items whose barriers a device executes. Apple's compiler drops
     * barriers of work-groups that it knows to have at most 32 work-items, one sub-group, and results are wrong (<a
     * href="https://github.com/KhronosGroup/MoltenVK/issues/2711">reported for Metal</a>, which Apple's OpenCL is built on).
     *
     * @param device the device
     * @return 64 on Apple's GPUs, else 1
     */
    public static int leastWorkGroup(DeviceInfo device) {
        return device.type() == DeviceType.GPU && device.vendor().startsWith("Apple") ? 64 : 1;
    }

    /**
     * Returns whether local memory of a GPU is global memory, so that copies to it gain nothing. Arm's Mali reports {@code
     * CL_GLOBAL} for {@code CL_DEVICE_LOCAL_MEM_TYPE} (<a href="https://github.com/MichaIng/DietPi/issues/4101">clinfo</a>).
     *
     * @param device the device
     * @return true for GPUs without local memory of their own
     */
    public static boolean hasLocalMemoryInGlobalMemory(DeviceInfo device) {
        return device.type() == DeviceType.GPU && device.localMemoryType() == LocalMemoryType.GLOBAL;
    }

    /**
     * Returns whether a work-item of a GPU can hold 64 elements in registers, as it does when a work-group of vectors of
     * four holds a set. Intel's compilers give a work-item 128 registers at most, and spill 256 bytes of them (ocloc of
     * Debian's intel-opencl-icd, {@code resident_registers} for acm-g10 and tgllp).
     *
     * @param device the device
     * @return false for Intel's GPUs, which hold a set in scalars only
     */
    public static boolean holdsVectorsInRegisters(DeviceInfo device) {
        return !isIntel(device);
    }

    private static boolean isIntel(DeviceInfo device) {
        return device.vendor().toLowerCase(Locale.ROOT).startsWith("intel");
    }

    /**
     * Returns whether software prefetch pays: on Intel's CPUs, whose hardware prefetch stops at the end of a 4 KB page
     * (Xeon, Cascade Lake: up to 1.4 times faster). AMD's CPUs lose: with it, a pass of 1.3 MB from memory takes 1.5 times as
     * long on EPYC (Zen 4), and 1.7 times with huge pages.
     *
     * @param device the device
     * @return true for Intel's CPUs that prefer vectors
     */
    public static boolean prefetches(DeviceInfo device) {
        return prefersVectorsToWorkItems(device) && isIntelCpu(device);
    }

    private static boolean isIntelCpu(DeviceInfo device) {
        return device.name().contains("Intel") || device.vendor().contains("Intel");
    }

    /**
     * Returns whether non-temporal stores pay for outputs larger than the cache. They avoid reading lines that are
     * overwritten. AMD's CPUs gain; Intel's do not (Xeon, Cascade Lake: prefetching the lines is 10 to 25 % faster).
     *
     * @param device the device
     * @return true for CPUs, except Intel's
     */
    public static boolean prefersStreamingStores(DeviceInfo device) {
        return prefersVectorsToWorkItems(device) && !isIntelCpu(device);
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
        return isPocl(device);
    }

    private static boolean isPocl(DeviceInfo device) {
        return device.platform().equals("Portable Computing Language");
    }

    /**
     * Returns whether {@code clFinish} returns while kernels still run. Rusticl's does (Mesa 22.3: after 1 µs, while
     * the kernel takes 100 ms). A blocking read of any buffer waits. A blocking write seems to return early, too, while other
     * threads use the queue: once in some runs a buffer got what its source held later.
     *
     * @param device the device
     * @return true for the devices of rusticl
     */
    public static boolean finishesEarly(DeviceInfo device) {
        return device.platform().equalsIgnoreCase("rusticl");
    }

    /**
     * Returns whether the device works in the host's memory that a buffer was made on ({@code CL_MEM_USE_HOST_PTR}), and
     * whether such a buffer's reference count tells when its memory may be freed. On PoCL's CPU devices each command that
     * uses a buffer has a reference to it, and PoCL itself frees a buffer's memory with the last one.
     *
     * @param device the device
     * @return true for PoCL's CPU devices
     */
    public static boolean takesHostPages(DeviceInfo device) {
        return device.type() == DeviceType.CPU && isPocl(device) && device.unifiedMemory();
    }
}
