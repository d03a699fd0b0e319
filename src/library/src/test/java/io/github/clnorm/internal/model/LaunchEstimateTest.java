package io.github.clnorm.internal.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LaunchEstimateTest {

    private static final Capacity H200 = Catalogue.named("H200").capacity();
    private static final LaunchDemand.Chain STEP = new LaunchDemand.Chain(1, 0, 0, 0, 0);

    private static LaunchDemand launch(
            long groups, LaunchDemand.Group group, LaunchDemand.Traffic traffic, double instructions) {
        return new LaunchDemand("kernel", groups, group, traffic, STEP, instructions);
    }

    private static LaunchDemand.Traffic reads(double bytes, double inFlight) {
        return new LaunchDemand.Traffic(bytes, 0, 0, true, 0, inFlight);
    }

    @Test
    void registersLimitTheOccupancy() {
        LaunchDemand.Group group = new LaunchDemand.Group(256, 100, 0);
        // 256 x 104 registers of 65,536: two work-groups.
        Occupancy occupancy = Occupancy.of(launch(528, group, reads(0, 0), 0), H200);
        assertEquals(2, occupancy.perUnit());
        assertEquals(264, occupancy.atOnce());
        assertEquals(2, occupancy.waves());
        assertEquals(0.25, occupancy.share());
    }

    @Test
    void localMemoryLimitsTheOccupancy() {
        LaunchDemand.Group group = new LaunchDemand.Group(64, 32, 45 << 10);
        assertEquals(4, Occupancy.of(launch(1, group, reads(0, 0), 0), H200).perUnit());
        Capacity mali = Catalogue.named("Mali-G78").capacity();
        assertEquals(
                16, Occupancy.of(launch(1, group, reads(0, 0), 0), mali).perUnit(), "not where it is global memory");
    }

    @Test
    void aWorkGroupMayNotFit() {
        LaunchDemand.Group group = new LaunchDemand.Group(1024, 72, 0);
        assertEquals(0, Occupancy.of(launch(1, group, reads(0, 0), 0), H200).perUnit());
    }

    @Test
    void subGroupsAreFilledUp() {
        Capacity vega = Catalogue.named("Vega 64").capacity();
        assertEquals(
                Occupancy.of(launch(1, new LaunchDemand.Group(64, 40, 0), reads(0, 0), 0), vega)
                        .perUnit(),
                Occupancy.of(launch(1, new LaunchDemand.Group(16, 40, 0), reads(0, 0), 0), vega)
                        .perUnit());
    }

    /** A gigabyte at nine tenths of 4.8 TB/s. */
    @Test
    void manyBytesTakeTheRateOfTheMemory() {
        LaunchEstimate estimate =
                LaunchEstimate.of(launch(100_000, new LaunchDemand.Group(256, 32, 0), reads(1e9, 16 << 10), 0), H200);
        assertEquals(LaunchEstimate.Limit.MEMORY, estimate.limit());
        assertEquals(1e9 / 0.9 / 4.8e6, estimate.micros(), 10);
    }

    /** 1 KiB in flight on each of 132 units in 600 ns: 225 GB/s. */
    @Test
    void fewBytesInFlightTakeLonger() {
        LaunchEstimate estimate =
                LaunchEstimate.of(launch(132, new LaunchDemand.Group(64, 32, 0), reads(1e8, 1 << 10), 0), H200);
        assertEquals(LaunchEstimate.Limit.IN_FLIGHT, estimate.limit());
        assertEquals(1e8 / (132 * 1024 / 0.6), estimate.micros(), 10);
    }

    @Test
    void instructionsOfTheBusiestUnitCount() {
        LaunchDemand.Group group = new LaunchDemand.Group(256, 32, 0);
        LaunchEstimate even = LaunchEstimate.of(launch(132, group, reads(1, 1), 1e7), H200);
        LaunchEstimate uneven = LaunchEstimate.of(launch(133, group, reads(1, 1), 1e7), H200);
        assertEquals(LaunchEstimate.Limit.INSTRUCTIONS, even.limit());
        assertEquals(2, uneven.micros() / even.micros(), 0.05);
    }

    @Test
    void aSecondReadHitsTheCacheIfTheTensorFits() {
        LaunchDemand.Group group = new LaunchDemand.Group(256, 32, 0);
        for (double bytes : new double[] {30e6, 60e6}) {
            LaunchDemand.Traffic again = new LaunchDemand.Traffic(0, bytes, bytes, true, 0, 16 << 10);
            LaunchEstimate estimate = LaunchEstimate.of(launch(10_000, group, again, 0), H200);
            assertEquals(bytes < 50e6 ? bytes : 0, estimate.cacheBytes());
            assertEquals(bytes < 50e6 ? 0 : bytes, estimate.memoryBytes());
        }
    }

    @Test
    void wavesRepeatTheStepsOfAWorkGroup() {
        LaunchDemand.Group group = new LaunchDemand.Group(1024, 64, 0);
        LaunchDemand.Chain slow = new LaunchDemand.Chain(0, 0, 0, 0, 100_000);
        LaunchEstimate one = LaunchEstimate.of(new LaunchDemand("kernel", 132, group, reads(1, 1), slow, 1), H200);
        LaunchEstimate two = LaunchEstimate.of(new LaunchDemand("kernel", 133, group, reads(1, 1), slow, 1), H200);
        assertEquals(LaunchEstimate.Limit.CHAIN, one.limit());
        assertEquals(2, two.micros() / one.micros(), 0.01);
        assertTrue(one.micros() > 100_000 * 4 / 1785.0);
    }
}
