package io.github.clnorm.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.TestInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeviceAddressesTest {

    // A driver that lists the fast card first, though it is the last on the bus.
    private static final DeviceInfo H200 = gpu(0, 0, "NVIDIA H200", "0000:c1:00.0");
    private static final DeviceInfo L4 = gpu(0, 1, "NVIDIA L4", "0000:41:00.0");
    private static final DeviceInfo FAR = gpu(0, 2, "NVIDIA L4", "0001:01:00.0");
    private static final DeviceInfo RADEON = gpu(1, 0, "gfx1100", "0000:0a:00.0");

    private static DeviceInfo gpu(int platform, int device, String name, String pci) {
        DeviceInfo info = TestInfo.with(TestInfo.GPU, "platformIndex", platform);
        info = TestInfo.with(info, "deviceIndex", device);
        info = TestInfo.with(info, "name", name);
        return TestInfo.with(info, "pciAddress", pci);
    }

    private static String refusal(DeviceAddresses addresses, String address) {
        return assertThrows(NoDeviceException.class, () -> addresses.device(address))
                .getMessage();
    }

    @Test
    void anIndexCountsInTheOrderOfPciAddresses() {
        DeviceAddresses addresses = DeviceAddresses.of(List.of(H200, L4, FAR, RADEON));
        assertEquals(List.of("0000:0a:00.0", "0000:41:00.0", "0000:c1:00.0", "0001:01:00.0"), addresses.all());
        assertEquals(RADEON, addresses.device("0"));
        assertEquals(L4, addresses.device("1"));
        assertEquals(H200, addresses.device("2"));
        assertEquals(FAR, addresses.device("3"));
        assertEquals(Optional.empty(), addresses.guess("0"));
    }

    @Test
    void aPciAddressMayBeWrittenInManyWays() {
        DeviceAddresses addresses = DeviceAddresses.of(List.of(H200, L4, RADEON));
        for (String address : List.of("0000:c1:00.0", "C1:00.0", "c1:0.0", "00000000:C1:00.0", " 0000:c1:00.0\n")) {
            assertEquals(H200, addresses.device(address), address);
        }
        assertEquals(RADEON, addresses.device("a:00.0"));
        assertEquals(L4, addresses.device("0:1"));
    }

    @Test
    void aMissingDomainMustNotBeAmbiguous() {
        DeviceInfo near = gpu(0, 3, "NVIDIA L4", "0000:01:00.0");
        DeviceAddresses addresses = DeviceAddresses.of(List.of(FAR, near));
        assertEquals(near, addresses.device("0000:01:00.0"));
        assertEquals(FAR, addresses.device("0001:01:00.0"));
        assertEquals(
                "the address 01:00.0 is ambiguous: write its domain, which is one of 0000:01:00.0, 0001:01:00.0. There"
                        + " is: 0000:01:00.0 0:3 gpu NVIDIA L4; 0001:01:00.0 0:2 gpu NVIDIA L4",
                refusal(addresses, "01:00.0"));
        assertEquals(FAR, DeviceAddresses.of(List.of(FAR)).device("01:00.0"));
        DeviceInfo withoutDomain = gpu(0, 0, "NVIDIA L4", "41:00.0");
        assertEquals(
                withoutDomain, DeviceAddresses.of(List.of(withoutDomain, FAR)).device("0000:41:00.0"));
    }

    @Test
    void aCardOfTwoPlatformsIsOneCard() {
        DeviceInfo slower = TestInfo.with(gpu(1, 0, "L4 of another driver", L4.pciAddress()), "clockMHz", 1000);
        DeviceAddresses addresses = DeviceAddresses.of(List.of(slower, H200, L4));
        assertEquals(List.of("0000:41:00.0", "0000:c1:00.0"), addresses.all());
        assertEquals(L4, addresses.device("41:00.0"));
        assertEquals(L4, addresses.device("0"));
        assertEquals(H200, addresses.device("1"));
        assertEquals(slower, addresses.device("1:0"));
        assertEquals(
                slower,
                DeviceAddresses.of(List.of(TestInfo.with(L4, "clockMHz", 900), slower))
                        .device("0"));
        assertEquals(
                L4,
                DeviceAddresses.of(List.of(L4, TestInfo.with(slower, "clockMHz", L4.clockMHz())))
                        .device("0"));
    }

    @Test
    void partsOfACardAreNamedByTheirSelectors() {
        DeviceInfo part = gpu(0, 3, "NVIDIA L4", L4.pciAddress());
        DeviceAddresses addresses = DeviceAddresses.of(List.of(part, L4, H200));
        assertEquals(List.of("0000:c1:00.0", "0:1", "0:3"), addresses.all());
        assertEquals(part, addresses.device("0:3"));
        assertEquals(
                "the address 41:00.0 is ambiguous: 0:1, 0:3 have it. Assign one of these. There is: 0000:c1:00.0 0:0 gpu"
                        + " NVIDIA H200; 0:1 gpu NVIDIA L4; 0:3 gpu NVIDIA L4",
                refusal(addresses, "41:00.0"));
        assertTrue(refusal(addresses, "0").startsWith("the index 0 is ambiguous: not all devices have a PCI address"));
    }

    @Test
    void withoutPciAddressesAnIndexCountsPlatformsAndDevices() {
        DeviceInfo first = gpu(0, 0, "A", "");
        DeviceInfo second = gpu(0, 1, "B", "");
        DeviceInfo third = gpu(2, 0, "C", "");
        DeviceAddresses addresses = DeviceAddresses.of(List.of(third, second, first));
        assertEquals(List.of("0:0", "0:1", "2:0"), addresses.all());
        assertEquals(first, addresses.device("0"));
        assertEquals(second, addresses.device("1"));
        assertEquals(third, addresses.device("2"));
        assertEquals(
                "no driver reports the PCI address of its devices: indices are in the order of platforms and their devices,"
                        + " which may not be the cluster manager's. There is: 0:0 gpu A; 0:1 gpu B; 2:0 gpu C",
                addresses.guess("1").orElseThrow());
        assertEquals(Optional.empty(), addresses.guess("0:1"));
        assertEquals(Optional.empty(), DeviceAddresses.of(List.of(first)).guess("0"));
    }

    @Test
    void anIndexAmongDevicesOfWhichSomeHaveNoPciAddressIsRefused() {
        DeviceInfo without = gpu(1, 0, "Old", "");
        DeviceAddresses addresses = DeviceAddresses.of(List.of(without, L4));
        assertEquals(List.of("0000:41:00.0", "1:0"), addresses.all());
        assertTrue(refusal(addresses, "0")
                .endsWith(
                        "Assign the addresses listed here instead of indices, or select some of the devices. There is:"
                                + " 0000:41:00.0 0:1 gpu NVIDIA L4; 1:0 gpu Old"));
        assertEquals(L4, addresses.device("0000:41:00.0"));
        assertEquals(without, addresses.device("1:0"));
    }

    @Test
    void uuids() {
        String uuid = "5b1e07a2-93c4-4d2f-8a6b-0c1d2e3f4a5b";
        DeviceInfo known = TestInfo.with(H200, "uuid", uuid);
        DeviceAddresses addresses = DeviceAddresses.of(List.of(L4, known));
        assertEquals(known, addresses.device("GPU-" + uuid));
        assertEquals(known, addresses.device("GPU-5B1E07A2-93C4-4D2F-8A6B-0C1D2E3F4A5B"));
        assertTrue(refusal(addresses, "MIG-" + uuid.replace('5', '6')).startsWith("no device has the UUID MIG-6b1e"));
        assertTrue(refusal(DeviceAddresses.of(List.of(L4)), "GPU-" + uuid)
                .startsWith("no device has the UUID GPU-" + uuid
                        + ": no driver here reports UUIDs (cl_khr_device_uuid). Assign PCI addresses. There is: "));
        DeviceInfo part = TestInfo.with(TestInfo.with(L4, "uuid", uuid), "pciAddress", known.pciAddress());
        assertTrue(refusal(DeviceAddresses.of(List.of(known, part)), uuid).contains("is ambiguous: 0:0, 0:1 have it"));
    }

    @Test
    void whatIsNotThereIsRefusedWithWhatThereIs() {
        DeviceAddresses addresses = DeviceAddresses.of(List.of(L4));
        assertEquals("no device has the index 1. There is: 0000:41:00.0 0:1 gpu NVIDIA L4", refusal(addresses, "1"));
        assertEquals(
                "no device has the address 0000:42:00.0. There is: 0000:41:00.0 0:1 gpu NVIDIA L4",
                refusal(addresses, "0000:42:00.0"));
        assertTrue(refusal(addresses, "7:0").startsWith("no device has the indices 7:0. There is: "));
        for (String wrong : List.of("", "gpu0", "-1", "41:00.8", "0000:41:00", "1234567890")) {
            String message = assertThrows(IllegalArgumentException.class, () -> addresses.device(wrong))
                    .getMessage();
            assertTrue(message.startsWith("'" + wrong + "' is no address of a device: expected an index"), message);
        }
    }

    @Test
    void onlyGpusAreAssignableUnlessASelectorSaysOtherwise() {
        DeviceInfo cpu = TestInfo.with(gpu(1, 0, "Xeon", ""), "type", DeviceType.CPU);
        List<PlatformInfo> both = List.of(platform(0, H200, L4), platform(1, cpu));
        assertEquals(
                List.of("0000:41:00.0", "0000:c1:00.0"),
                DeviceAddresses.assignable("gpu", both).all());
        assertEquals(
                List.of("0000:c1:00.0"),
                DeviceAddresses.assignable("h200", both).all());
        assertEquals(
                List.of("0000:41:00.0", "0000:c1:00.0"),
                DeviceAddresses.assignable("any", both).all());
        assertEquals(cpu, DeviceAddresses.assignable("cpu", both).device("0"));
        assertEquals(
                "no OpenCL device matches 'gpu'. There is: 1:0 cpu Xeon. Select one of these by its numbers or by a part"
                        + " of its name",
                assertThrows(
                                NoDeviceException.class,
                                () -> DeviceAddresses.assignable("gpu", List.of(platform(1, cpu))))
                        .getMessage());
    }

    private static PlatformInfo platform(int index, DeviceInfo... devices) {
        return new PlatformInfo(index, "Platform", "Vendor", "OpenCL 3.0", List.of(devices), null);
    }
}
