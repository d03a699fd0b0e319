package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.LocalMemoryType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Drivers answer the queries of their own extensions, and no others. */
class HardwareQueryTest {

    private final Map<Integer, byte[]> answers = new HashMap<>();

    private void answer(int what, int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * Integer.BYTES).order(ByteOrder.nativeOrder());
        for (int word : words) {
            bytes.putInt(word);
        }
        answers.put(what, bytes.array());
    }

    private DeviceInfo.Hardware hardware(String extensions) {
        return HardwareQuery.of(
                " " + extensions + " ",
                (what, most) -> answers.getOrDefault(what, new byte[0]).length <= most
                        ? answers.getOrDefault(what, new byte[0])
                        : new byte[0]);
    }

    @Test
    void nvidia() {
        answer(0x1022, 1);
        answer(0x4000, 9);
        answer(0x4001, 0);
        answer(0x4002, 65536);
        answer(0x4003, 32);
        answer(0x4008, 0x3B);
        answer(0x4009, 8);
        answer(0x400A, 1);
        DeviceInfo.Hardware hardware = hardware("cl_khr_fp64 cl_nv_device_attribute_query");
        assertEquals(LocalMemoryType.DEDICATED, hardware.localMemoryType());
        assertEquals("9.0", hardware.architecture());
        assertEquals(List.of(32), hardware.subGroupSizes());
        assertEquals("0001:3b:01.0", hardware.pciAddress());
        assertEquals(65536, hardware.parts().registers());
    }

    @Test
    void amd() {
        answer(0x1035, 1);
        answer(0x4040, 4);
        answer(0x4041, 32);
        answer(0x4043, 32);
        answer(0x404A, 11);
        answer(0x404B, 0);
        byte[] topology = new byte[24];
        ByteBuffer.wrap(topology).order(ByteOrder.nativeOrder()).putInt(1);
        topology[21] = (byte) 0xE4;
        topology[23] = 1;
        answers.put(0x4037, topology);
        DeviceInfo.Hardware hardware = hardware("cl_amd_device_attribute_query");
        assertTrue(hardware.unifiedMemory());
        assertEquals("11.0", hardware.architecture());
        assertEquals(List.of(32), hardware.subGroupSizes());
        assertEquals("0000:e4:00.1", hardware.pciAddress());
        assertEquals(4, hardware.parts().simdUnits());
        assertEquals(32, hardware.parts().simdLanes());
    }

    @Test
    void intel() {
        answer(0x4250, 12 << 22 | 55 << 14 | 8);
        answer(0x4252, 8);
        answer(0x4253, 4);
        answer(0x4254, 16);
        answer(0x4255, 8);
        answer(0x410F, 0, 3, 0, 0);
        ByteBuffer sizes = ByteBuffer.allocate(3 * Long.BYTES).order(ByteOrder.nativeOrder());
        sizes.putLong(32).putLong(8).putLong(16);
        answers.put(0x4108, sizes.array());
        DeviceInfo.Hardware hardware =
                hardware("cl_intel_device_attribute_query cl_intel_required_subgroup_size cl_khr_pci_bus_info");
        assertEquals("12.55.8", hardware.architecture());
        assertEquals(List.of(8, 16, 32), hardware.subGroupSizes());
        assertEquals("0000:03:00.0", hardware.pciAddress());
        assertEquals(32, hardware.parts().subSlices());
        assertEquals(16, hardware.parts().executionUnits());
        assertEquals(8, hardware.parts().threads());
    }

    /** The query of the domain came later than the others, and the driver of NVIDIA answers it with an error before. */
    @Test
    void anAddressWithoutADomainIsInTheFirst() {
        answer(0x4008, 0xC1);
        answer(0x4009, 31 << 3 | 7);
        assertEquals("0000:c1:1f.7", hardware("cl_nv_device_attribute_query").pciAddress());
    }

    @Test
    void theAddressOfTheStandardComesFirst() {
        answer(0x410F, 0x10000, 0xFF, 0x1F, 1);
        answer(0x4008, 3);
        answer(0x4009, 0);
        assertEquals(
                "10000:ff:1f.1",
                hardware("cl_khr_pci_bus_info cl_nv_device_attribute_query").pciAddress());
    }

    @Test
    void aCardThatIsNotOnThePciBusHasNoAddress() {
        answers.put(0x4037, new byte[24]);
        assertEquals("", hardware("cl_amd_device_attribute_query").pciAddress());
    }

    @Test
    void uuid() {
        byte[] bytes = new byte[16];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (0xF0 - i);
        }
        answers.put(0x106A, bytes);
        assertEquals(
                "f0efeeed-eceb-eae9-e8e7-e6e5e4e3e2e1",
                hardware("cl_khr_device_uuid").uuid());
        assertEquals("", hardware("").uuid());
        answers.put(0x106A, new byte[16]);
        assertEquals("", hardware("cl_khr_device_uuid").uuid());
    }

    @Test
    void localMemoryThatIsGlobal() {
        answer(0x1022, 2);
        assertEquals(LocalMemoryType.GLOBAL, hardware("").localMemoryType());
    }

    @Test
    void aDriverThatReportsNothing() {
        assertEquals(DeviceInfo.Hardware.UNKNOWN, hardware("cl_nv_device_attribute_query cl_khr_pci_bus_info"));
    }

    @Test
    void answersWithoutTheirExtensionAreIgnored() {
        answer(0x4000, 9);
        answer(0x4043, 64);
        answer(0x4250, 12 << 22);
        assertEquals(DeviceInfo.Hardware.UNKNOWN, hardware("cl_khr_fp64"));
    }
}
