package io.github.clnorm.spark;

import io.github.clnorm.tools.cluster.MeasuredDevice;
import java.io.Serializable;
import java.util.List;

/**
 * What an executor measured, or why it could not.
 *
 * @param executor who answers
 * @param machine the name of its machine
 * @param hostName what the machine calls itself; empty if unknown
 * @param devices the devices that the executor sees
 * @param problem why there are none; empty if there are
 */
record MachineAnswer(
        ExecutorAddress executor, String machine, String hostName, List<MeasuredDevice> devices, String problem)
        implements Serializable {}
