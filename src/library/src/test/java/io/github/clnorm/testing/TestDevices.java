package io.github.clnorm.testing;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Session;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The devices of the tests: each OpenCL device of the machine, opened once. Without a device, tests that need one fail;
 * they are never skipped. The environment variable {@code CLNORM_REQUIRED_DEVICES} names platforms that must be
 * present.
 */
public final class TestDevices {

    private static final Map<DeviceInfo, Backend> OPEN = new LinkedHashMap<>();

    private TestDevices() {}

    /** The devices, for {@code @MethodSource}. */
    public static synchronized Stream<Backend> all() {
        if (OPEN.isEmpty()) {
            List<DeviceInfo> devices = Devices.of(Devices.platforms());
            assertFalse(devices.isEmpty(), "no OpenCL device: these tests need one. Try ./clnorm doctor");
            for (String required :
                    System.getenv().getOrDefault("CLNORM_REQUIRED_DEVICES", "").split(",")) {
                assertTrue(
                        devices.stream().anyMatch(device -> text(device)
                                .contains(required.strip().toLowerCase(Locale.ROOT))),
                        "the required device '" + required + "' is not among " + devices);
            }
            for (DeviceInfo device : devices) {
                OPEN.put(device, new Backend(new Session(DevicePort.open(device, true), device)));
            }
        }
        return OPEN.values().stream();
    }

    /** Any device, for tests that do not depend on it. */
    public static Backend first() {
        return all().findFirst().orElseThrow();
    }

    /** Whether large shapes would take minutes on a device, because it is emulated. */
    public static boolean isSlow(Backend backend) {
        return Quirks.prefersWorkItemsToVectors(backend.device());
    }

    /** The largest vector width of a single work-item that the device compiles in reasonable time. */
    public static int widestVector(Backend backend) {
        return Quirks.prefersWorkItemsToVectors(backend.device()) ? 1 : 16;
    }

    private static String text(DeviceInfo device) {
        return (device.platform() + " " + device.name()).toLowerCase(Locale.ROOT);
    }
}
