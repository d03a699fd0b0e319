package io.github.clnorm.tools.comparison;

import java.util.List;
import java.util.Map;

/**
 * A saved run of {@code clnorm bench} on one machine.
 *
 * @param source the file's name
 * @param version of clnorm
 * @param kernels a hash of the kernels
 * @param date of the run
 * @param interrupted whether the run was stopped by Ctrl-C
 * @param environment of the run: suites, budget, tuning and the machine, by name
 * @param devices in their order
 */
public record SavedRun(
        String source,
        String version,
        String kernels,
        String date,
        boolean interrupted,
        Map<String, String> environment,
        List<SavedDevice> devices) {}
