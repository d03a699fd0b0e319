package io.github.clnorm.tools.compilers;

import io.github.clnorm.internal.model.Capacity;
import io.github.clnorm.internal.model.LaunchDemand;
import io.github.clnorm.internal.model.Occupancy;

/**
 * How many work-groups of a launch a unit of a GPU holds, by the registers that the compiler took and by those that the
 * model assumes.
 *
 * @param launch as the model sees it
 * @param capacity of the GPU
 */
record Residency(LaunchDemand launch, Capacity capacity) {

    /** Work-groups of a unit by the model. */
    long assumed() {
        return perUnit(launch.group());
    }

    /** Work-groups of a unit by the compiler. */
    long actual(Resources resources, long localBytes) {
        return perUnit(group(resources, localBytes));
    }

    /** The share of a unit's work-items that are resident. */
    double share(Resources resources, long localBytes) {
        return Math.min(
                1,
                (double) actual(resources, localBytes)
                        * launch.group().size()
                        / capacity.slots().workItems());
    }

    private LaunchDemand.Group group(Resources resources, long localBytes) {
        LaunchDemand.Group assumed = launch.group();
        int registers = resources.registers() == 0 ? assumed.registers() : resources.registers();
        return new LaunchDemand.Group(assumed.size(), registers, localBytes);
    }

    private long perUnit(LaunchDemand.Group group) {
        LaunchDemand changed = new LaunchDemand(
                launch.kernel(), launch.groups(), group, launch.traffic(), launch.chain(), launch.instructions());
        return Occupancy.of(changed, capacity).perUnit();
    }
}
