package io.github.clnorm.spark;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@link ClusterBench} found.
 *
 * <p>Immutable and thread-safe.
 *
 * @param devices the devices of all machines, by machine and address
 * @param notReached machines without an answer, and why
 * @param problems machines that answered and have no device to measure, and why
 * @param page the file with all devices side by side
 */
public record ClusterReport(
        List<Device> devices, Map<String, String> notReached, Map<String, String> problems, String page) {

    /**
     * A device of a machine.
     *
     * @param machine the name of the machine, as Spark names its host
     * @param address its PCI address, or {@code PLATFORM:DEVICE} if the driver does not report one
     * @param name its name
     * @param file the file with its figures, in the format of {@code clnorm bench --json}
     * @param problem why it was not measured; empty if it was
     */
    public record Device(String machine, String address, String name, String file, String problem) {}

    /**
     * Copies the collections.
     *
     * @param devices not null
     * @param notReached not null
     * @param problems not null
     * @param page not null
     */
    public ClusterReport {
        devices = List.copyOf(devices);
        notReached = Collections.unmodifiableMap(new LinkedHashMap<>(notReached));
        problems = Collections.unmodifiableMap(new LinkedHashMap<>(problems));
    }
}
