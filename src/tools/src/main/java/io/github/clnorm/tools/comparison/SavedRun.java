package io.github.clnorm.tools.comparison;

import java.util.List;
import java.util.Map;

/**
 * A document of {@code clnorm bench}: one run on one machine.
 *
 * @param source where it is from: a file's name
 * @param version of clnorm
 * @param kernels a hash of the kernels
 * @param date when it was made
 * @param interrupted whether somebody ended it before its end
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
