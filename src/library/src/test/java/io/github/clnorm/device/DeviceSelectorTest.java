package io.github.clnorm.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.TestInfo;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceSelectorTest {

    private static final DeviceInfo POCL =
            device(0, 0, "Portable Computing Language", "AMD", "EPYC", DeviceType.CPU, 2);
    private static final DeviceInfo SMALL = device(1, 0, "NVIDIA CUDA", "NVIDIA Corporation", "T4", DeviceType.GPU, 40);
    private static final DeviceInfo LARGE =
            device(1, 1, "NVIDIA CUDA", "NVIDIA Corporation", "H200", DeviceType.GPU, 132);
    private static final DeviceInfo CARD = device(2, 0, "Cards", "Xilinx", "U250", DeviceType.ACCELERATOR, 500);
    private static final List<DeviceInfo> ALL = List.of(POCL, SMALL, LARGE, CARD);

    private static DeviceInfo device(
            int platform, int index, String platformName, String vendor, String name, DeviceType type, int units) {
        DeviceInfo info = TestInfo.with(TestInfo.GPU, "platformIndex", platform);
        info = TestInfo.with(info, "deviceIndex", index);
        info = TestInfo.with(info, "platform", platformName);
        info = TestInfo.with(info, "vendor", vendor);
        info = TestInfo.with(info, "name", name);
        info = TestInfo.with(info, "computeUnits", units);
        return TestInfo.with(info, "type", type);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "any | 1:1",
                "gpu | 1:1",
                "cpu | 0:0",
                "accelerator | 2:0",
                "1:0 | 1:0",
                "0:0 | 0:0",
                "nvidia | 1:1",
                "NVIDIA,t4 | 1:0",
                "gpu , 1:0 | 1:0",
                "portable | 0:0",
                "xilinx | 2:0",
                "h2 | 1:1"
            })
    void selectsTheBestMatch(String selector, String expected) {
        assertEquals(
                expected, DeviceSelector.parse(selector).matching(ALL).get(0).selector());
    }

    @Test
    void sortsMatchesBestFirst() {
        assertEquals(
                List.of(LARGE, SMALL, CARD, POCL), DeviceSelector.parse("any").matching(ALL));
    }

    @Test
    void keepsTheLoadersOrderOfEqualDevices() {
        DeviceInfo twin = TestInfo.with(LARGE, "deviceIndex", 2);
        assertEquals(List.of(LARGE, twin), DeviceSelector.parse("h200").matching(List.of(LARGE, twin)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpu,cpu", "2:1", "radeon", "nvidia,cpu"})
    void namesTheSelectorAndTheDevicesIfNoneMatches(String selector) {
        PlatformInfo platform = new PlatformInfo(0, "P", "V", "1", ALL, null);
        NoDeviceException e = assertThrows(
                NoDeviceException.class, () -> DeviceSelector.parse(selector).select(List.of(platform)));
        assertTrue(e.getMessage().contains("'" + selector + "'"), e.getMessage());
        assertTrue(e.getMessage().contains("1:1 gpu H200"), e.getMessage());
    }

    @Test
    void explainsThatThereIsNoDevice() {
        PlatformInfo empty = new PlatformInfo(0, "Clover", "Mesa", "1.1", List.of(), null);
        PlatformInfo broken = new PlatformInfo(1, "Broken", "V", "1", List.of(), "clGetDeviceIDs answered X (-6)");
        for (List<PlatformInfo> platforms : List.of(List.of(empty), List.of(empty, broken))) {
            NoDeviceException e = assertThrows(
                    NoDeviceException.class, () -> DeviceSelector.parse("gpu").select(platforms));
            assertTrue(e.getMessage().contains("'gpu'"), e.getMessage());
            platforms.forEach(platform -> assertTrue(e.getMessage().contains(platform.name()), e.getMessage()));
            assertFalse(e.hasOtherDevices());
        }
    }

    /** A program that uses the library has no command-line options. */
    @Test
    void messagesNameNoCommandLineOption() {
        PlatformInfo platform = new PlatformInfo(0, "P", "V", "1", ALL, null);
        NoDeviceException e = assertThrows(
                NoDeviceException.class, () -> DeviceSelector.parse("radeon").select(List.of(platform)));
        assertFalse(e.getMessage().contains("--"), e.getMessage());
        assertTrue(e.hasOtherDevices());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpu,", ",gpu", "a,,b"})
    void rejectsEmptyTerms(String selector) {
        assertThrows(IllegalArgumentException.class, () -> DeviceSelector.parse(selector));
    }
}
