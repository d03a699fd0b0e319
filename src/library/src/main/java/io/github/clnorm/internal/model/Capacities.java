package io.github.clnorm.internal.model;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.LocalMemoryType;

/**
 * What a device can hold in flight: from the catalogue, else by rules of its vendor from what its driver reports. The rules
 * take the smallest figures of a vendor's devices of the last years. Thread-safe.
 */
public final class Capacities {

    private static final int KIB = 1 << 10;
    private static final long MIB = 1L << 20;

    private Capacities() {}

    /**
     * The capacity of a device.
     *
     * @param device as its driver describes it
     * @return what it can hold in flight
     */
    public static Capacity of(DeviceInfo device) {
        return Catalogue.find(device).map(CataloguedGpu::capacity).orElseGet(() -> byRules(device));
    }

    /** By the vendor's rules alone. */
    static Capacity byRules(DeviceInfo device) {
        int units = UnitCount.of(device);
        Capacity rules =
                switch (Vendor.of(device)) {
                    case NVIDIA -> nvidia(device, units);
                    case AMD -> UnitCount.isRdna(device) ? rdna(device, units) : gcn(device, units);
                    case INTEL -> intel(device, units);
                    case APPLE -> capacity(device, units, 128, 32, 53_248, 3072, 24, 60 * KIB, 8 * MIB, 10 * units, 10);
                    case ARM -> capacity(
                            device, units, 64, 16, 32_768, 1024, 16, 0, 2 * MIB, Math.min(50, 5 * units), 30);
                    case QUALCOMM -> capacity(
                            device, units, 256, 64, 65_536, 2048, 16, 32 * KIB, MIB, Math.min(50, 12 * units), 25);
                    case OTHER -> capacity(
                            device, units, 64, 32, 65_536, 1024, 16, local(device), 2 * MIB, 8 * units, 8);
                };
        return device.localMemoryType() == LocalMemoryType.GLOBAL
                ? new Capacity(
                        rules.units(), rules.slots(), new Capacity.Local(0, 0), rules.memory(), rules.launchMicros())
                : rules;
    }

    /** Data center devices (compute capabilities 6.0, 7.0, 8.0, 9.0 and 10.x) have memory that is several times as fast. */
    private static Capacity nvidia(DeviceInfo device, int units) {
        String capability = device.architecture();
        int major = UnitCount.major(capability);
        boolean center = major >= 6 && major <= 9 && UnitCount.minor(capability) == 0 || major == 10;
        boolean small = capability.equals("7.5");
        boolean largeCache = center || capability.equals("8.9") || capability.startsWith("12.");
        int items = center ? 2048 : small ? 1024 : 1536;
        return capacity(
                device,
                units,
                center || small ? 64 : 128,
                32,
                65_536,
                items,
                16,
                center ? 128 * KIB : 64 * KIB,
                (largeCache ? 256L : 64L) * KIB * units,
                (center ? 14 : 7) * units,
                4);
    }

    private static Capacity rdna(DeviceInfo device, int units) {
        boolean shared = device.unifiedMemory();
        return capacity(device, units, 128, 32, 131_072, 2048, 32, 128 * KIB, 4 * MIB, shared ? 60 : 14 * units, 6);
    }

    private static Capacity gcn(DeviceInfo device, int units) {
        boolean shared = device.unifiedMemory();
        boolean center = device.name().matches("gfx9(08|0a|4\\w|5\\w).*");
        return capacity(
                device,
                units,
                64,
                64,
                center ? 131_072 : 65_536,
                2048,
                16,
                64 * KIB,
                4 * MIB,
                shared ? 40 : (center ? 14 : 7) * units,
                6);
    }

    private static Capacity intel(DeviceInfo device, int units) {
        boolean shared = device.unifiedMemory();
        return capacity(
                device,
                units,
                128,
                16,
                114_688,
                1792,
                16,
                shared ? 64 * KIB : 128 * KIB,
                Math.max(device.globalCache(), MIB),
                shared ? 50 : 15 * units,
                8);
    }

    /** Local memory of a unit for two of the largest work-groups. */
    private static int local(DeviceInfo device) {
        return (int) Math.min(1 << 20, 2 * device.localMemory());
    }

    private static Capacity capacity(
            DeviceInfo device,
            int units,
            int lanes,
            int subGroup,
            int registers,
            int workItems,
            int workGroups,
            int localBytes,
            long cacheBytes,
            double gigabytesPerSecond,
            double launchMicros) {
        // Apple's and Qualcomm's drivers report 1 MHz, Arm's 5.
        int clock = device.clockMHz() >= 200 ? device.clockMHz() : 1000;
        double rate = Math.max(10, gigabytesPerSecond) * 1000;
        return new Capacity(
                new Capacity.Units(units, lanes, clock, subGroup),
                new Capacity.Slots(registers, 8, workItems, workGroups),
                new Capacity.Local(localBytes, localBytes > 0 ? KIB : 0),
                new Capacity.Rates(cacheBytes, 2.5 * rate, 250, rate, 600),
                launchMicros);
    }
}
