package io.github.clnorm.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.testing.TestInfo;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HeuristicsTest {

    private static final List<DeviceInfo> DEVICES = List.of(
            TestInfo.GPU,
            TestInfo.with(TestInfo.GPU, "computeUnits", 132),
            TestInfo.with(TestInfo.GPU, "maxWorkGroupSize", 1),
            TestInfo.with(TestInfo.GPU, "maxWorkGroupSize", 7),
            TestInfo.with(TestInfo.GPU, "localMemory", 16L << 10),
            TestInfo.with(TestInfo.GPU, "clockMHz", 0),
            TestInfo.with(TestInfo.with(TestInfo.CPU, "name", "llvmpipe (LLVM 15)"), "localMemory", 32L << 10),
            TestInfo.CPU,
            TestInfo.with(TestInfo.CPU, "computeUnits", 128),
            TestInfo.with(TestInfo.CPU, "localMemory", 32L << 10));

    private static Plan plan(DeviceInfo device, long groups, long... shape) {
        return Heuristics.plan(GroupNormGeometry.of(shape, groups), device, device.maxWorkGroupSize());
    }

    @Test
    void aCpuGetsOneWorkItemWithWideVectors() {
        for (long[] shape : new long[][] {{2, 320, 64, 64}, {1, 128, 512, 512}, {8, 64, 112, 112}, {2, 1280, 8, 8}}) {
            Plan plan = plan(TestInfo.CPU, 32, shape);
            assertEquals(1, plan.workGroupSize(), plan.toString());
            assertEquals(16, plan.vectorWidth(), plan.toString());
        }
    }

    @Test
    void aGpuGetsWorkGroupsOfSeveralTeams() {
        Plan plan = plan(TestInfo.GPU, 32, 2, 320, 64, 64);
        assertEquals(256, plan.workGroupSize());
        assertEquals(4, plan.vectorWidth());
    }

    @Test
    void fewLargeSetsAreSplit() {
        for (DeviceInfo device : List.of(TestInfo.CPU, TestInfo.GPU)) {
            Plan plan = plan(device, 1, 1, 64, 512, 512);
            assertEquals(Strategy.SPLIT, plan.strategy());
            assertTrue(plan.blocksPerPart() < 16_384, plan.toString());
        }
    }

    @Test
    void manySmallSetsArePacked() {
        assertEquals(Strategy.PACKED, plan(TestInfo.CPU, 1, 10_000, 6).strategy());
        assertEquals(Strategy.PACKED, plan(TestInfo.GPU, 1, 10_000, 6).strategy());
    }

    @Test
    void mediumSetsStayResidentOnACpu() {
        assertEquals(Strategy.RESIDENT, plan(TestInfo.CPU, 32, 2, 320, 64, 64).strategy());
    }

    @Test
    void everyChoiceIsLegal() {
        SplittableRandom random = new SplittableRandom(17);
        for (int i = 0; i < 20_000; i++) {
            long groups = 1L << random.nextInt(8);
            long[] shape = {
                1L << random.nextInt(12), groups * (1 + random.nextInt(9)), 1 + random.nextLong(1L << random.nextInt(22))
            };
            Geometry geometry = GroupNormGeometry.of(shape, groups);
            DeviceInfo device = DEVICES.get(i % DEVICES.size());
            long limit = Math.min(device.maxWorkGroupSize(), 1L << random.nextInt(11));
            Plan plan = Heuristics.plan(geometry, device, limit);
            String what = Arrays.toString(shape) + " in " + groups + " groups on " + device + ": " + plan;
            assertEquals(java.util.Optional.empty(), PlanRules.problem(plan, geometry, device), what);
            assertTrue(plan.workGroupSize() <= Math.max(1, limit), what);
        }
    }
}
