package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.PlatformInfo;
import io.github.clnorm.testing.TestInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A platform or device whose query fails does not hide the others. */
class DeviceQueryTest {

    /** Four platforms: one without a name, one without devices, one with a broken second device, and one that works. */
    private static final class Broken implements PlatformSource {
        @Override
        public int platforms() {
            return 4;
        }

        @Override
        public PlatformInfo platform(int index) {
            if (index == 0) {
                throw new QueryException("clGetPlatformInfo answered CL_OUT_OF_HOST_MEMORY (-6)");
            }
            return new PlatformInfo(index, "platform " + index, "vendor", "1.2", List.of(), null);
        }

        @Override
        public int devices(int platform) {
            if (platform == 1) {
                throw new QueryException("clGetDeviceIDs answered CL_INVALID_DEVICE_TYPE (-31)");
            }
            return platform == 2 ? 3 : 1;
        }

        @Override
        public DeviceInfo device(int platform, int device) {
            if (platform == 2 && device == 1) {
                throw new QueryException("clGetDeviceInfo answered CL_INVALID_VALUE (-30)");
            }
            return TestInfo.with(TestInfo.with(TestInfo.GPU, "platformIndex", platform), "deviceIndex", device);
        }
    }

    @Test
    void listsTheOthers() {
        List<PlatformInfo> platforms = DeviceQuery.platforms(new Broken());
        assertEquals(
                List.of("2:0", "2:2", "3:0"),
                Devices.of(platforms).stream().map(DeviceInfo::selector).toList());
    }

    @Test
    void reportsTheReasons() {
        List<PlatformInfo> platforms = DeviceQuery.platforms(new Broken());
        assertTrue(platforms.get(0).problem().contains("CL_OUT_OF_HOST_MEMORY"));
        assertTrue(platforms.get(1).problem().contains("CL_INVALID_DEVICE_TYPE"));
        assertTrue(platforms.get(2).problem().contains("device 2:1"));
        assertNull(platforms.get(3).problem());
    }
}
