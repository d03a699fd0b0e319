package io.github.clnorm.internal.model;

/**
 * What a GPU can hold in flight, and how fast its memories are. A unit is what work-groups are assigned to and what has the
 * local memory: a streaming multiprocessor (NVIDIA), a compute unit (AMD GCN and CDNA), a work-group processor (AMD RDNA), an
 * Xe-core or dual sub-slice (Intel), or a core.
 *
 * <p>Immutable and thread-safe.
 *
 * @param units the units
 * @param slots what a unit holds at the same time
 * @param local the local memory of a unit
 * @param memory caches and memory of the device
 * @param launchMicros time between two launches of a queue in which nothing runs
 */
public record Capacity(Units units, Slots slots, Local local, Rates memory, double launchMicros) {

    /**
     * The units.
     *
     * @param count units of the device
     * @param lanes single-precision instructions that a unit executes in a cycle, counted per work-item
     * @param clockMHz the clock under load
     * @param subGroup work-items that execute together
     */
    public record Units(int count, int lanes, int clockMHz, int subGroup) {}

    /**
     * What a unit holds at the same time.
     *
     * @param registers 32-bit registers of all its work-items
     * @param registerGranule registers are assigned to a work-item in multiples of this
     * @param workItems work-items
     * @param workGroups work-groups
     */
    public record Slots(int registers, int registerGranule, int workItems, int workGroups) {}

    /**
     * The local memory of a unit.
     *
     * @param bytes size; 0 if local memory lies in global memory
     * @param reserved bytes that the driver takes from it for each work-group
     */
    public record Local(int bytes, int reserved) {}

    /**
     * Caches and memory of the device.
     *
     * @param cacheBytes size of the last level of cache
     * @param cacheRate bytes that it delivers in a microsecond
     * @param cacheLatency nanoseconds of a load that hits it
     * @param rate bytes that the memory delivers or takes in a microsecond, by its data sheet
     * @param latency nanoseconds of a load from memory
     */
    public record Rates(long cacheBytes, double cacheRate, double cacheLatency, double rate, double latency) {}
}
