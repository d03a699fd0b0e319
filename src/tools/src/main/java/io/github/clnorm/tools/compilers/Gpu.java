package io.github.clnorm.tools.compilers;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import java.util.List;

/**
 * A GPU as its driver describes it, and the targets whose machine code it runs.
 *
 * @param device the description
 * @param targets one or more
 */
record Gpu(DeviceInfo device, List<Target> targets) {

    /** GPUs of every maker, for which plans are chosen. */
    static final List<Gpu> ALL = List.of(
            gpu("H200", 132, 1785, 1024, 48, true, Target.SM_90, Target.SM_80),
            gpu("Tesla T4", 40, 1590, 1024, 48, true, Target.SM_75),
            gpu("MI300X", 304, 2100, 1024, 64, true, Target.GFX942, Target.GFX90A),
            gpu("RX 7900 XTX", 48, 2304, 1024, 64, true, Target.GFX1100, Target.GFX1030),
            gpu("Arc A770", 512, 2400, 1024, 64, false, Target.ACM_G10),
            gpu("UHD 770", 32, 1550, 512, 64, false, Target.TGLLP));

    private static Gpu gpu(
            String name, int units, int clockMHz, int workGroup, int localKib, boolean fp64, Target... targets) {
        DeviceInfo device = new DeviceInfo(
                new DeviceInfo.Identity(0, 0, "Compilers", "", name, DeviceType.GPU, "none", "OpenCL 3.0"),
                new DeviceInfo.Processor(units, clockMHz),
                new DeviceInfo.Memory(32L << 30, 16L << 20, 16L << 30),
                new DeviceInfo.WorkGroup(workGroup, (long) localKib << 10),
                new DeviceInfo.Arithmetic(true, fp64, true, true),
                null);
        return new Gpu(device, List.of(targets));
    }
}
