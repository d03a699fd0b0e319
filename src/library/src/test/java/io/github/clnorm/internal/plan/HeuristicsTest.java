package io.github.clnorm.internal.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.testing.Geometries;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;
import java.util.Optional;
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
        Geometry geometry = Geometries.groupNorm(shape, groups, Layout.CHANNELS_FIRST);
        return Heuristics.choose(problem(geometry), device, device.maxWorkGroupSize())
                .plan();
    }

    private static ForwardProblem problem(Geometry geometry) {
        return ForwardProblem.of(geometry, Statistics.MEAN_AND_VARIANCE, ElementType.FLOAT32);
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
        assertTrue(plan.teams() > 1, plan.toString());
        assertEquals(4, plan.vectorWidth(), plan.toString());
    }

    @Test
    void fewLargeSetsAreSplit() {
        for (DeviceInfo device : List.of(TestInfo.CPU, TestInfo.GPU)) {
            Plan plan = plan(device, 1, 1, 64, 512, 512);
            SplitPlan split = assertInstanceOf(SplitPlan.class, plan);
            assertTrue(split.blocksPerPart() < 16_384, plan.toString());
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

    /** A random geometry of any operation on channels. */
    private static Geometry geometry(SplittableRandom random) {
        long groups = 1L << random.nextInt(8);
        // Rows of batch norm hold all channels; beyond 2^30 elements they are refused.
        boolean batch = random.nextInt(3) == 0;
        long[] shape = {
            1L << random.nextInt(12),
            groups * (1 + random.nextInt(9)),
            1 + random.nextLong(1L << random.nextInt(batch ? 16 : 22))
        };
        Layout layout = Layout.values()[random.nextInt(2)];
        long[] laid = layout == Layout.CHANNELS_FIRST ? shape : new long[] {shape[0], shape[2], shape[1]};
        return batch ? Geometries.batchNorm(laid, layout) : Geometries.groupNorm(laid, groups, layout);
    }

    @Test
    void everyChoiceIsLegal() {
        SplittableRandom random = new SplittableRandom(17);
        for (int i = 0; i < 20_000; i++) {
            Geometry geometry = geometry(random);
            Statistics statistics = Statistics.values()[random.nextInt(3)];
            ElementType type = ElementType.values()[random.nextInt(4)];
            DeviceInfo device = DEVICES.get(i % DEVICES.size());
            long limit = Math.min(device.maxWorkGroupSize(), 1L << random.nextInt(11));
            ForwardProblem problem = ForwardProblem.of(geometry, statistics, type);
            Plan plan = Heuristics.choose(problem, device, limit).plan();
            String what = problem + " on " + device + ": " + plan;
            Optional<String> broken = PlanRules.problem(plan, problem, device);
            // Larger sets of columns have more blocks than a work-item may merge: they are refused, with the reason.
            boolean merged = !geometry.momentsAcrossRows() || geometry.setSize() <= 1L << 27;
            assertEquals(merged ? Optional.empty() : broken.filter(b -> b.contains("loop trips")), broken, what);
            assertTrue(plan.workGroupSize() <= Math.max(1, limit), what);
        }
    }

    @Test
    void everyChoiceForGradientsIsLegal() {
        SplittableRandom random = new SplittableRandom(18);
        for (int i = 0; i < 20_000; i++) {
            Geometry geometry = random.nextInt(4) == 0
                    ? new Geometry(1 + random.nextLong(1L << random.nextInt(20)), 1, 1, 1 + random.nextInt(20_000), 1)
                    : geometry(random);
            ElementType type = ElementType.values()[random.nextInt(4)];
            DeviceInfo device = DEVICES.get(i % DEVICES.size());
            long limit = Math.min(device.maxWorkGroupSize(), 1L << random.nextInt(11));
            int wanted = 1 + random.nextInt(7);
            BackwardProblem problem = new BackwardProblem(
                    geometry,
                    Statistics.values()[random.nextInt(3)],
                    type,
                    type.accumulator(),
                    Activation.NONE,
                    false,
                    (wanted & 1) != 0,
                    (wanted & 2) != 0,
                    (wanted & 4) != 0);
            Plan plan = Heuristics.choose(problem, device, limit).plan();
            String what = problem + " on " + device + ": " + plan;
            Optional<String> broken = PlanRules.problem(plan, problem, device);
            // One team cannot merge this many blocks. The plan is rejected with the reason.
            boolean merged = geometry.elements() <= 1L << 27;
            assertEquals(merged ? Optional.empty() : broken.filter(b -> b.contains("loop trips")), broken, what);
        }
    }

    private static Plan forAllGradients(Geometry geometry) {
        BackwardProblem problem = new BackwardProblem(
                geometry,
                Statistics.MEAN_AND_VARIANCE,
                ElementType.FLOAT32,
                ElementType.FLOAT32,
                Activation.NONE,
                false,
                true,
                true,
                true);
        Plan plan = Heuristics.choose(problem, TestInfo.CPU, 4096).plan();
        assertEquals(
                plan instanceof WholeSetsPlan whole && !whole.parameterLaunch(),
                ParameterMerge.inWorkGroups(plan, problem),
                plan.toString());
        return plan;
    }

    @Test
    void tilesMakeTheGradientsOfLayerNormOnACpu() {
        assertEquals(
                Strategy.TILED,
                forAllGradients(new Geometry(8192, 1, 1, 1024, 1)).strategy());
        assertEquals(
                Strategy.TILED,
                forAllGradients(new Geometry(512, 1, 1, 12288, 1)).strategy());
    }

    /** A work-group merges as many parameters as a vector has lanes, where that leaves enough work-groups. */
    @Test
    void groupsOfFewChannelsAreTakenTogetherOnACpu() {
        Plan plan = forAllGradients(new Geometry(1, 32, 1024, 196, 196));
        PackedPlan packed = assertInstanceOf(PackedPlan.class, plan);
        assertEquals(16, packed.setsPerTeam());
        assertEquals(
                Strategy.RESIDENT,
                forAllGradients(new Geometry(1, 1, 64, 1 << 20, 1 << 20)).strategy());
    }

    /** Not where a lone group would leave units idle. */
    @Test
    void oneLaunchMakesTheGradientsOfManyGroupsOnACpu() {
        assertEquals(Plan.resident(1, 16), forAllGradients(new Geometry(2, 1, 32, 40 * 64, 64)));
        assertEquals(
                Plan.resident(1, 16).withParameterLaunch(true), forAllGradients(new Geometry(64, 1, 1, 40 * 64, 64)));
    }
}
