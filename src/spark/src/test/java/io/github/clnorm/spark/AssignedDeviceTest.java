package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.device.LocalMemoryType;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.resource.ResourceID;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.resource.ResourceRequest;
import org.junit.jupiter.api.Test;

/** On a machine with a fast card at the end of the bus, which its driver lists first, a card of another vendor and a CPU. */
class AssignedDeviceTest {

    private static final DeviceInfo FAST = device(0, 0, DeviceType.GPU, "NVIDIA H200", 132, "0000:c1:00.0");
    private static final DeviceInfo SLOW = device(0, 1, DeviceType.GPU, "NVIDIA L4", 58, "0000:41:00.0");
    private static final DeviceInfo OTHER = device(1, 0, DeviceType.GPU, "gfx1100", 48, "0000:0a:00.0");
    private static final DeviceInfo CPU = device(2, 0, DeviceType.CPU, "EPYC", 64, "");

    private static final List<PlatformInfo> PLATFORMS =
            List.of(platform(0, FAST, SLOW), platform(1, OTHER), platform(2, CPU));

    private static DeviceInfo device(int platform, int index, DeviceType type, String name, int units, String pci) {
        return new DeviceInfo(
                new DeviceInfo.Identity(platform, index, "Platform", "Vendor", name, type, "1.0", "OpenCL 3.0"),
                new DeviceInfo.Processor(units, 1500),
                new DeviceInfo.Memory(8L << 30, 4 << 20, 2L << 30),
                new DeviceInfo.WorkGroup(1024, 48 << 10),
                new DeviceInfo.Arithmetic(false, false, true, false),
                new DeviceInfo.Hardware(LocalMemoryType.DEDICATED, false, List.of(), pci, "", DeviceInfo.Parts.UNKNOWN),
                null);
    }

    private static PlatformInfo platform(int index, DeviceInfo... devices) {
        return new PlatformInfo(index, "Platform", "Vendor", "OpenCL 3.0", List.of(devices), null);
    }

    private static DeviceInfo find(String selector, String... addresses) {
        return AssignedDevice.find(new AssignedDevice.Assignment(selector, List.of(addresses)), PLATFORMS);
    }

    @Test
    void anIntegerCountsGpusInTheOrderOfTheBus() {
        assertEquals(OTHER, find(null, "0"));
        assertEquals(SLOW, find(null, "1"));
        assertEquals(FAST, find(null, "2"));
        assertEquals(SLOW, find("nvidia", "0"));
        assertEquals(FAST, find("nvidia", "1"));
    }

    @Test
    void aPciAddressIsThatDevice() {
        assertEquals(FAST, find(null, "0000:c1:00.0"));
        assertEquals(SLOW, find(null, "00000000:41:00.0"));
        assertEquals(OTHER, find(null, "0A:00.0"));
    }

    @Test
    void theFirstOfSeveralAddressesCounts() {
        assertEquals(FAST, find(null, "2", "0"));
    }

    @Test
    void withoutAResourceTheBestDeviceOfTheSelectorIsTaken() {
        assertEquals(FAST, find(null));
        assertEquals(OTHER, find("gfx"));
        assertEquals(CPU, find("cpu"));
    }

    @Test
    void aProcessorIsNotAssignedForAGpu() {
        assertEquals(CPU, find("cpu", "0"));
        NoDeviceException e = assertThrows(
                NoDeviceException.class,
                () -> AssignedDevice.find(
                        new AssignedDevice.Assignment(null, List.of("0")), List.of(platform(2, CPU))));
        assertTrue(e.getMessage().startsWith("no OpenCL device matches 'gpu'. There is: 2:0 cpu EPYC"), e.getMessage());
    }

    @Test
    void whatIsNotThereIsRefusedWithWhatThereIs() {
        assertEquals(
                "no device has the index 3. There is: 0000:0a:00.0 1:0 gpu gfx1100; 0000:41:00.0 0:1 gpu NVIDIA L4;"
                        + " 0000:c1:00.0 0:0 gpu NVIDIA H200",
                assertThrows(NoDeviceException.class, () -> find(null, "3")).getMessage());
        assertThrows(IllegalArgumentException.class, () -> find(null, "gpu-3"));
    }

    private static Optional<ResourceInformation> discover(String resource, SparkConf conf) {
        return new ClnormDiscovery()
                .discoverResource(
                        new ResourceRequest(
                                new ResourceID("spark.executor", resource), 1, Optional.empty(), Optional.empty()),
                        conf);
    }

    @Test
    void thePluginFindsTheDevicesThatTheSettingSelects() {
        ResourceInformation found = discover("gpu", new SparkConf(false).set(AssignedDevice.SELECTOR, "cpu,portable"))
                .orElseThrow();
        assertEquals("gpu", found.name());
        assertArrayEquals(new String[] {"0:0"}, found.addresses());
        assertEquals(Optional.empty(), discover("fpga", new SparkConf(false)));
        assertThrows(
                NoDeviceException.class,
                () -> discover("gpu", new SparkConf(false).set(AssignedDevice.SELECTOR, "frobnicator")));
    }
}
