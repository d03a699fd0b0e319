package io.github.clnorm.tools.machine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.DeviceInfo;

/** Describes a device in JSON, with the same names in every document. */
public final class DeviceJson {

    private DeviceJson() {}

    /** Adds the description to a node, and returns the node. */
    public static ObjectNode describe(ObjectNode node, DeviceInfo device) {
        node.put("selector", device.selector())
                .put("platform", device.platform())
                .put("vendor", device.vendor())
                .put("name", device.name())
                .put("type", device.type().word())
                .put("driver", device.driver())
                .put("version", device.version())
                .put("compute_units", device.computeUnits())
                .put("clock_mhz", device.clockMHz())
                .put("global_memory", device.globalMemory())
                .put("global_cache", device.globalCache())
                .put("max_buffer", device.maxBuffer())
                .put("max_work_group_size", device.maxWorkGroupSize())
                .put("local_memory", device.localMemory())
                .put("fp16", device.fp16())
                .put("fp64", device.fp64())
                .put("local_memory_type", device.localMemoryType().word())
                .put("unified_memory", device.unifiedMemory())
                .put("pci_address", device.pciAddress())
                .put("architecture", device.architecture());
        device.subGroupSizes().forEach(node.putArray("sub_group_sizes")::add);
        DeviceInfo.Parts parts = device.parts();
        node.putObject("parts")
                .put("sub_slices", parts.subSlices())
                .put("execution_units", parts.executionUnits())
                .put("threads", parts.threads())
                .put("simd_units", parts.simdUnits())
                .put("simd_lanes", parts.simdLanes())
                .put("registers", parts.registers());
        return node;
    }
}
