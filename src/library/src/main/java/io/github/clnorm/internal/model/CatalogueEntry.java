package io.github.clnorm.internal.model;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.device.LocalMemoryType;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads an entry of the catalogue. A fact that is missing or has another type throws an exception that names it. */
final class CatalogueEntry {

    private static final double BYTES_PER_MICROSECOND = 1000;

    private final Map<?, ?> entry;
    private final Map<?, ?> reported;
    private final Map<?, ?> hardware;

    /** An entry as the JSON reader returns it. */
    CatalogueEntry(Object value) {
        entry = (Map<?, ?>) value;
        reported = (Map<?, ?>) entry.get("reported");
        hardware = (Map<?, ?>) entry.get("hardware");
    }

    CataloguedGpu gpu() {
        return new CataloguedGpu(
                text(entry, "key"),
                device(),
                origin("reported"),
                capacity(),
                text(hardware, "unit"),
                text(hardware, "gate_target"),
                origin("hardware"));
    }

    private CataloguedGpu.Origin origin(String facts) {
        return new CataloguedGpu.Origin(text(entry, facts + "_source"), texts(facts + "_estimates"));
    }

    private DeviceInfo device() {
        return new DeviceInfo(
                new DeviceInfo.Identity(
                        0,
                        0,
                        text(reported, "platform"),
                        text(reported, "vendor"),
                        text(reported, "name"),
                        DeviceType.GPU,
                        text(reported, "driver"),
                        text(reported, "version")),
                new DeviceInfo.Processor(whole(reported, "compute_units"), whole(reported, "clock_mhz")),
                new DeviceInfo.Memory(
                        size(reported, "global_memory"), size(reported, "global_cache"), size(reported, "max_buffer")),
                new DeviceInfo.WorkGroup(whole(reported, "max_work_group_size"), size(reported, "local_memory")),
                new DeviceInfo.Arithmetic(
                        flag("fp16"), flag("fp64"), flag("fused_multiply_add"), flag("correctly_rounded")),
                new DeviceInfo.Hardware(
                        LocalMemoryType.valueOf(
                                text(reported, "local_memory_type").toUpperCase(Locale.ROOT)),
                        flag("unified_memory"),
                        sizes("sub_group_sizes"),
                        "",
                        text(reported, "architecture"),
                        new DeviceInfo.Parts(
                                whole(reported, "sub_slices"),
                                whole(reported, "execution_units"),
                                whole(reported, "threads"),
                                whole(reported, "simd_units"),
                                whole(reported, "simd_lanes"),
                                whole(reported, "registers"))),
                null);
    }

    private Capacity capacity() {
        return new Capacity(
                new Capacity.Units(
                        whole(hardware, "units"),
                        whole(hardware, "lanes"),
                        whole(hardware, "clock_mhz"),
                        whole(hardware, "sub_group")),
                new Capacity.Slots(
                        whole(hardware, "registers"),
                        whole(hardware, "register_granule"),
                        whole(hardware, "work_items"),
                        whole(hardware, "work_groups")),
                new Capacity.Local(whole(hardware, "local_bytes"), whole(hardware, "local_reserved")),
                new Capacity.Rates(
                        size(hardware, "cache"),
                        number(hardware, "cache_gbs") * BYTES_PER_MICROSECOND,
                        number(hardware, "cache_latency_ns"),
                        number(hardware, "dram_gbs") * BYTES_PER_MICROSECOND,
                        number(hardware, "dram_latency_ns")),
                number(hardware, "launch_us"));
    }

    private static String text(Map<?, ?> map, String name) {
        if (map.get(name) instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(name + " is a string, not " + map.get(name));
    }

    private static double number(Map<?, ?> map, String name) {
        if (map.get(name) instanceof Double number && number >= 0) {
            return number;
        }
        throw new IllegalArgumentException(name + " is a number, not " + map.get(name));
    }

    private static long size(Map<?, ?> map, String name) {
        double number = number(map, name);
        if (number != Math.rint(number)) {
            throw new IllegalArgumentException(name + " is a whole number, not " + number);
        }
        return (long) number;
    }

    private static int whole(Map<?, ?> map, String name) {
        return Math.toIntExact(size(map, name));
    }

    private boolean flag(String name) {
        if (reported.get(name) instanceof Boolean flag) {
            return flag;
        }
        throw new IllegalArgumentException(name + " is true or false, not " + reported.get(name));
    }

    private List<String> texts(String name) {
        return ((List<?>) entry.get(name)).stream().map(String.class::cast).toList();
    }

    private List<Integer> sizes(String name) {
        return ((List<?>) reported.get(name))
                .stream().map(size -> ((Double) size).intValue()).toList();
    }
}
