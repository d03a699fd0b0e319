package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.plan.LaunchBound;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanRules;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A launch holds a bounded amount of work, whatever the size of the tensor. */
@Tag("slow")
@Tag("device")
class LaunchBoundsTest {

    /** The same device by the description of one that takes many cycles for an element. */
    private static DeviceInfo slow(DeviceInfo device) {
        DeviceInfo small = TestInfo.with(TestInfo.with(device, "computeUnits", 1), "clockMHz", 1);
        return TestInfo.with(small, "name", "llvmpipe");
    }

    @Test
    void onlySlowDevicesGetManyLaunches() {
        assertEquals(1 << 28, LaunchBound.elements(TestInfo.GPU));
        assertEquals(1 << 28, LaunchBound.elements(TestInfo.CPU));
        DeviceInfo simulator = TestInfo.with(TestInfo.CPU, "platform", "Oclgrind");
        assertTrue(LaunchBound.elements(simulator) < 1 << 22);
    }

    /** Mesa's llvmpipe stops a work-item after 65,536 trips of all its loops: folds of the lanes are loops, too. */
    @OnEveryDevice
    void setsOfManyBlocksAreComputedToTheEnd(Backend backend) {
        Operation operation = Operation.batchNorm(Layout.CHANNELS_FIRST, 300, 2, 1433);
        Trial trial = Trial.of(operation, ElementType.FLOAT32);
        PlanRun expected = trial.run(backend.session());
        trial.check(expected, trial + " on " + backend.device().description());
        for (int workGroup : new int[] {32, 64, 128, 256}) {
            for (Plan plan : List.of(Plan.resident(workGroup, 1), Plan.split(workGroup, 1, 500))) {
                if (backend.session().planner().problem(plan, trial.problem()).isEmpty()) {
                    PlanRun.assertSameBits(expected, trial.run(backend.session(), plan), trial + ", " + plan);
                }
            }
        }
    }

    private static void inSeveralLaunches(Operation operation, Plan... plans) {
        Backend backend = TestDevices.first();
        DeviceInfo slow = slow(backend.device());
        assertEquals(1 << 18, LaunchBound.elements(slow));
        Trial trial = Trial.of(operation, ElementType.FLOAT32);
        try (Session session = new Session(JoclOpenCl.open(backend.device(), true), slow)) {
            for (Plan plan : plans) {
                PlanRun[] run = new PlanRun[1];
                LaunchTimes times = session.timed(() -> run[0] = trial.run(session, plan));
                assertTrue(times.launches() >= 6, plan + " took " + times.launches() + " launches");
                assertTrue(times.nanoseconds() > 0);
                PlanRun.assertSameBits(
                        trial.run(backend.session(), plan), run[0], plan + " in " + times.launches() + " launches");
            }
        }
    }

    @Test
    void aSlowDeviceGetsTheWorkInSeveralLaunches() {
        inSeveralLaunches(
                Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 5, 4, 70_000),
                Plan.resident(1, 16),
                Plan.split(1, 16, 16),
                Plan.split(1, 16, 16).withMergeLaunch(true));
        inSeveralLaunches(
                Operation.groupNorm(Layout.CHANNELS_LAST, 2, 5, 7000, 40),
                Plan.split(1, 16, 64).withMergeLaunch(true));
    }

    @Test
    void aSlowDeviceGetsTheGradientsInSeveralLaunches() {
        Backend backend = TestDevices.first();
        DeviceInfo slow = slow(backend.device());
        for (Operation operation : List.of(
                Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 5, 4, 70_000),
                Operation.groupNorm(Layout.CHANNELS_LAST, 2, 5, 7000, 40),
                Operation.layerNorm(new long[] {1000, 1500}, 1500))) {
            GradientTrial trial = GradientTrial.of(Trial.of(operation, ElementType.FLOAT32));
            try (Session session = new Session(JoclOpenCl.open(backend.device(), true), slow)) {
                for (Plan plan : List.of(
                        Plan.resident(1, 16).withParameterLaunch(true), Plan.tiled(1, 16), Plan.split(1, 16, 16))) {
                    if (PlanRules.problem(plan, trial.problem(), slow).isPresent()) {
                        continue;
                    }
                    GradientRun[] run = new GradientRun[1];
                    LaunchTimes times = session.timed(() -> run[0] = trial.run(session, plan));
                    assertTrue(times.launches() >= 6, plan + " took " + times.launches() + " launches");
                    GradientRun.assertSameBits(trial.run(backend.session(), plan), run[0], trial + ", " + plan);
                }
            }
        }
    }

    @Test
    void aPlanForGradientsBeyondTheBoundsIsRefusedWithTheReason() {
        refused(Operation.groupNorm(Layout.CHANNELS_LAST, 2, 2, 9, 4), true, Plan.resident(1, 16), "sets across rows");
        refused(Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 2, 4, 100), true, Plan.tiled(1, 16), "tiles of samples");
        refused(Operation.layerNorm(new long[] {200, 128}, 128), true, Plan.tiled(8, 16), "one team");
        refused(Operation.layerNorm(new long[] {200, 128}, 128), false, Plan.resident(1, 16), "sets across rows");
        refused(Operation.groupNorm(Layout.CHANNELS_FIRST, 1, 1, 1, 1 << 24), true, Plan.resident(1, 16), "loop trips");
    }

    private static void refused(Operation operation, boolean input, Plan plan, String reason) {
        GradientTrial trial =
                new GradientTrial(Trial.of(operation, ElementType.FLOAT32, new double[1]), null, input, true, true);
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> Engine.enqueue(
                        TestDevices.first().session(),
                        trial.problem(),
                        plan,
                        new BackwardBuffers(null, null, null, null, null, null, null, null, null, null, null),
                        0));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void aPlanBeyondTheBoundsIsRefusedWithTheReason() {
        Operation operation = Operation.groupNorm(Layout.CHANNELS_FIRST, 1, 1, 1, 1 << 24);
        refused(operation, Plan.resident(1, 16), "loop trips");
        refused(
                Operation.groupNorm(Layout.CHANNELS_LAST, 2, 2, 9, 4),
                Plan.resident(1, 16),
                "take all sets of a sample together");
        refused(Operation.batchNorm(Layout.CHANNELS_LAST, 2, 9, 4), Plan.split(1, 16, 1), "launch of its own");
    }

    private static void refused(Operation operation, Plan plan, String reason) {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> Engine.enqueue(
                        TestDevices.first().session(),
                        io.github.clnorm.internal.geometry.ForwardProblem.of(
                                operation.geometry(), operation.statistics(), ElementType.FLOAT32),
                        plan,
                        new ForwardBuffers(null, null, null, null, null, null, null, null, null, null),
                        1e-5));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }
}
