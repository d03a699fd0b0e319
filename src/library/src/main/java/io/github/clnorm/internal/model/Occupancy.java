package io.github.clnorm.internal.model;

/**
 * How many work-groups of a launch run at the same time.
 *
 * <p>Immutable and thread-safe.
 *
 * @param perUnit work-groups that a unit holds; 0 if it has too few registers or too little local memory for one
 * @param atOnce work-groups that run at the same time
 * @param share work-items that run at the same time, as a share of those that the units in use can hold
 * @param waves work-groups divided by those that the device holds
 */
public record Occupancy(long perUnit, long atOnce, double share, double waves) {

    // No compiler assigns more to a work-item: what exceeds them is spilled to memory.
    private static final int MOST_REGISTERS = 256;

    /**
     * The occupancy of a launch.
     *
     * @param launch what it asks for
     * @param capacity what the device has
     * @return the occupancy
     */
    public static Occupancy of(LaunchDemand launch, Capacity capacity) {
        LaunchDemand.Group group = launch.group();
        Capacity.Slots slots = capacity.slots();
        int width = capacity.units().subGroup();
        // A sub-group that is not full takes the slots and registers of a full one.
        long items = (long) (group.size() + width - 1) / width * width;
        long registers =
                (group.registers() + slots.registerGranule() - 1) / slots.registerGranule() * slots.registerGranule();
        long perUnit = Math.min(slots.workGroups(), slots.workItems() / items);
        perUnit = Math.min(perUnit, registers > MOST_REGISTERS ? 0 : slots.registers() / (items * registers));
        if (capacity.local().bytes() > 0 && group.localBytes() > 0) {
            perUnit = Math.min(
                    perUnit,
                    capacity.local().bytes()
                            / (group.localBytes() + capacity.local().reserved()));
        }
        long held = Math.max(1, perUnit) * capacity.units().count();
        long atOnce = Math.min(launch.groups(), held);
        long inUse = Math.min(atOnce, capacity.units().count());
        double share = Math.min(1, (double) atOnce * items / ((double) inUse * slots.workItems()));
        return new Occupancy(perUnit, atOnce, share, (double) launch.groups() / held);
    }
}
