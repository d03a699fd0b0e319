package io.github.clnorm.tools.cluster;

import java.io.Serializable;

/**
 * A device of a machine, measured or not.
 *
 * @param address its PCI address, or {@code PLATFORM:DEVICE} if it has none
 * @param name its name
 * @param json a document of {@code clnorm bench --json}
 * @param problem why it was not measured; empty if it was
 */
public record MeasuredDevice(String address, String name, String json, String problem) implements Serializable {}
