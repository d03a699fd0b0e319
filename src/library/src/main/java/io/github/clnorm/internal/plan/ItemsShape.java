package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Problem;
import java.util.List;

/** What suits CPUs that vectorize across work-items, forward and backward: work-groups of several teams with scalars. */
final class ItemsShape {

    private static final int WORK_GROUP = 256;
    private static final int GROUPS_PER_UNIT = 4;

    private static final String PACKED = "sets have at most two blocks: one for each team fills the device";
    private static final String PACKED_KEPT = PACKED + ", and they fit in local memory";
    private static final String RESIDENT_KEPT =
            "sets fill the compute units, or have few blocks, and fit in local memory";
    private static final String RESIDENT = "there are several sets for each compute unit: one work-group for each set";

    private ItemsShape() {}

    static long units(DeviceInfo device) {
        return Math.max(1, device.computeUnits());
    }

    /** Work-groups that keep all units busy. */
    static long wanted(DeviceInfo device) {
        return GROUPS_PER_UNIT * units(device);
    }

    /** The largest power of two that a device allows, at most a given size. */
    static int fitting(long workGroupSize, DeviceInfo device) {
        return (int) Long.highestOneBit(Math.max(1, Math.min(workGroupSize, device.maxWorkGroupSize())));
    }

    /** A work-group whose teams' sums leave half of the local memory to another work-group of the compute unit. */
    static int workGroup(Problem problem, int width, DeviceInfo device, long largest) {
        int group = fitting(Math.min(WORK_GROUP, largest), device);
        while (group > 1 && LocalMemory.bytes(Plan.split(group, width, 1), problem) > device.localMemory() / 2) {
            group /= 2;
        }
        return group;
    }

    /**
     * Adds plans of whole sets, with the sets in local memory first.
     *
     * @param sets sets in all
     * @param blocks blocks of a set
     */
    static void addWholeSets(
            List<Choice> choices, PackedPlan packed, ResidentPlan resident, long sets, int blocks, DeviceInfo device) {
        if (blocks <= 2 && sets * packed.team() >= wanted(device) * packed.workGroupSize()) {
            choices.add(new Choice(packed.withSecondRead(SecondRead.LOCAL), PACKED_KEPT));
            choices.add(new Choice(packed, PACKED));
        }
        if (sets >= units(device) || blocks <= 2L * resident.teams()) {
            choices.add(new Choice(resident.withSecondRead(SecondRead.LOCAL), RESIDENT_KEPT));
            if (sets >= wanted(device)) {
                choices.add(new Choice(resident, RESIDENT));
            }
        }
    }
}
