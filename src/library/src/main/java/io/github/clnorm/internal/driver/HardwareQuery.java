package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.LocalMemoryType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Queries how a device is built, by OpenCL's own queries and those of the vendors' extensions. JOCL has no constants for
 * most of them. A query is made only if the driver lists its extension, and its failure is no error.
 */
final class HardwareQuery {

    /** A query that may fail. */
    @FunctionalInterface
    interface Answers {

        /**
         * Calls {@code clGetDeviceInfo}.
         *
         * @param what the constant of the query
         * @param most the largest plausible size in bytes
         * @return the bytes; empty if the driver answers with an error, or with more bytes
         */
        byte[] bytes(int what, int most);
    }

    private static final int LOCAL_MEM_TYPE = 0x1022;
    private static final int HOST_UNIFIED_MEMORY = 0x1035;

    // cl_khr_pci_bus_info
    private static final int PCI_BUS_INFO_KHR = 0x410F;

    // cl_khr_device_uuid
    private static final int UUID_KHR = 0x106A;
    private static final int UUID_BYTES = 16;

    // cl_nv_device_attribute_query
    private static final int COMPUTE_CAPABILITY_MAJOR_NV = 0x4000;
    private static final int COMPUTE_CAPABILITY_MINOR_NV = 0x4001;
    private static final int REGISTERS_PER_BLOCK_NV = 0x4002;
    private static final int WARP_SIZE_NV = 0x4003;
    private static final int PCI_BUS_ID_NV = 0x4008;
    private static final int PCI_SLOT_ID_NV = 0x4009;
    private static final int PCI_DOMAIN_ID_NV = 0x400A;

    // cl_amd_device_attribute_query
    private static final int TOPOLOGY_AMD = 0x4037;
    private static final int SIMD_PER_COMPUTE_UNIT_AMD = 0x4040;
    private static final int SIMD_WIDTH_AMD = 0x4041;
    private static final int WAVEFRONT_WIDTH_AMD = 0x4043;
    private static final int GFXIP_MAJOR_AMD = 0x404A;
    private static final int GFXIP_MINOR_AMD = 0x404B;

    // cl_intel_required_subgroup_size
    private static final int SUB_GROUP_SIZES_INTEL = 0x4108;

    // cl_intel_device_attribute_query
    private static final int IP_VERSION_INTEL = 0x4250;
    private static final int NUM_SLICES_INTEL = 0x4252;
    private static final int NUM_SUB_SLICES_PER_SLICE_INTEL = 0x4253;
    private static final int NUM_EUS_PER_SUB_SLICE_INTEL = 0x4254;
    private static final int NUM_THREADS_PER_EU_INTEL = 0x4255;

    private static final int MOST_SUB_GROUP = 1024;
    private static final int MOST_SUB_GROUP_BYTES = 8192;
    private static final int TOPOLOGY_BYTES = 24;
    private static final int TOPOLOGY_PCIE = 1;

    private final String extensions;
    private final Answers answers;

    private HardwareQuery(String extensions, Answers answers) {
        this.extensions = extensions;
        this.answers = answers;
    }

    /**
     * Queries a device.
     *
     * @param extensions its extensions, with a blank before and after each
     */
    static DeviceInfo.Hardware of(String extensions, Answers answers) {
        return new HardwareQuery(extensions, answers).hardware();
    }

    private DeviceInfo.Hardware hardware() {
        return new DeviceInfo.Hardware(
                localMemoryType(),
                number(HOST_UNIFIED_MEMORY) != 0,
                subGroupSizes(),
                pciAddress(),
                architecture(),
                new DeviceInfo.Parts(
                        onIntel(NUM_SLICES_INTEL) * onIntel(NUM_SUB_SLICES_PER_SLICE_INTEL),
                        onIntel(NUM_EUS_PER_SUB_SLICE_INTEL),
                        onIntel(NUM_THREADS_PER_EU_INTEL),
                        onAmd(SIMD_PER_COMPUTE_UNIT_AMD),
                        onAmd(SIMD_WIDTH_AMD),
                        onNvidia(REGISTERS_PER_BLOCK_NV)),
                uuid());
    }

    private LocalMemoryType localMemoryType() {
        return switch (number(LOCAL_MEM_TYPE)) {
            case 1 -> LocalMemoryType.DEDICATED;
            case 2 -> LocalMemoryType.GLOBAL;
            default -> LocalMemoryType.UNKNOWN;
        };
    }

    private List<Integer> subGroupSizes() {
        TreeSet<Integer> sizes = new TreeSet<>();
        if (has("cl_intel_required_subgroup_size")) {
            ByteBuffer bytes = buffer(SUB_GROUP_SIZES_INTEL, MOST_SUB_GROUP_BYTES);
            while (bytes.remaining() >= Long.BYTES) {
                addSize(sizes, bytes.getLong());
            }
        }
        addSize(sizes, onNvidia(WARP_SIZE_NV));
        addSize(sizes, onAmd(WAVEFRONT_WIDTH_AMD));
        return List.copyOf(sizes);
    }

    // PoCL lists every size from 0 on: a sub-group is no unit of its hardware.
    private static void addSize(TreeSet<Integer> sizes, long size) {
        if (size > 1 && size <= MOST_SUB_GROUP && Long.bitCount(size) == 1) {
            sizes.add((int) size);
        }
    }

    private String pciAddress() {
        if (has("cl_khr_pci_bus_info")) {
            ByteBuffer bytes = buffer(PCI_BUS_INFO_KHR, 4 * Integer.BYTES);
            if (bytes.remaining() == 4 * Integer.BYTES) {
                return address(bytes.getInt(), bytes.getInt(), bytes.getInt(), bytes.getInt());
            }
        }
        if (has("cl_nv_device_attribute_query")) {
            ByteBuffer slot = buffer(PCI_SLOT_ID_NV, Integer.BYTES);
            if (slot.hasRemaining() && buffer(PCI_BUS_ID_NV, Integer.BYTES).hasRemaining()) {
                // The slot holds the device in its high bits and the function in the 3 low ones.
                int place = slot.getInt();
                return address(number(PCI_DOMAIN_ID_NV), number(PCI_BUS_ID_NV), place >> 3, place & 7);
            }
        }
        if (has("cl_amd_device_attribute_query")) {
            ByteBuffer topology = buffer(TOPOLOGY_AMD, TOPOLOGY_BYTES);
            if (topology.remaining() == TOPOLOGY_BYTES && topology.getInt() == TOPOLOGY_PCIE) {
                topology.position(TOPOLOGY_BYTES - 3);
                return address(0, topology.get() & 0xFF, topology.get() & 0xFF, topology.get() & 0xFF);
            }
        }
        return "";
    }

    private String uuid() {
        if (!has("cl_khr_device_uuid")) {
            return "";
        }
        ByteBuffer bytes = buffer(UUID_KHR, UUID_BYTES).order(ByteOrder.BIG_ENDIAN);
        if (bytes.remaining() < UUID_BYTES) {
            return "";
        }
        UUID uuid = new UUID(bytes.getLong(), bytes.getLong());
        return uuid.equals(new UUID(0, 0)) ? "" : uuid.toString();
    }

    private static String address(int domain, int bus, int device, int function) {
        return String.format(Locale.ROOT, "%04x:%02x:%02x.%x", domain, bus, device, function);
    }

    private String architecture() {
        int capability = onNvidia(COMPUTE_CAPABILITY_MAJOR_NV);
        if (capability > 0) {
            return capability + "." + onNvidia(COMPUTE_CAPABILITY_MINOR_NV);
        }
        int graphics = onAmd(GFXIP_MAJOR_AMD);
        if (graphics > 0) {
            return graphics + "." + onAmd(GFXIP_MINOR_AMD);
        }
        // 10 bits of the major version, 8 of the minor one, 8 reserved, 6 of the revision.
        int version = onIntel(IP_VERSION_INTEL);
        return version == 0 ? "" : (version >>> 22) + "." + (version >>> 14 & 0xFF) + "." + (version & 0x3F);
    }

    private int onNvidia(int what) {
        return has("cl_nv_device_attribute_query") ? number(what) : 0;
    }

    private int onAmd(int what) {
        return has("cl_amd_device_attribute_query") ? number(what) : 0;
    }

    private int onIntel(int what) {
        return has("cl_intel_device_attribute_query") ? number(what) : 0;
    }

    private boolean has(String extension) {
        return extensions.contains(" " + extension + " ");
    }

    /** A cl_uint; 0 if there is none. */
    private int number(int what) {
        ByteBuffer bytes = buffer(what, Integer.BYTES);
        return bytes.remaining() == Integer.BYTES ? bytes.getInt() : 0;
    }

    private ByteBuffer buffer(int what, int most) {
        return ByteBuffer.wrap(answers.bytes(what, most)).order(ByteOrder.nativeOrder());
    }
}
