package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.plan.MergeTeam;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Launches that merge have a work-group of their own on GPUs. */
class MergeTeamTest {

    @Test
    void gpusMergeByScalars() {
        assertEquals(new MergeTeam(64, 1), MergeTeam.of(Plan.split(256, 4, 2), TestInfo.GPU));
        assertEquals(new MergeTeam(1, 16), MergeTeam.of(Plan.split(1, 16, 2), TestInfo.GPU));
        assertEquals(new MergeTeam(16, 4), MergeTeam.of(Plan.split(256, 4, 2), TestInfo.CPU));
        DeviceInfo small = TestInfo.with(TestInfo.GPU, "maxWorkGroupSize", 32);
        assertEquals(new MergeTeam(16, 4), MergeTeam.of(Plan.split(32, 4, 2), small));
    }

    /** Merges of more than 256 blocks, which load several at once, and of few; by a device described as a GPU. */
    @Test
    @Tag("device")
    void theSameBitsAsByTheTeamsOfThePlan() {
        Backend backend = TestDevices.first();
        DeviceInfo gpu = TestInfo.with(backend.device(), "type", DeviceType.GPU);
        assertEquals(new MergeTeam(64, 1), MergeTeam.of(Plan.split(16, 4, 16), gpu));
        try (Session session = new Session(JoclOpenCl.open(backend.device(), true), gpu)) {
            for (Operation operation : List.of(
                    Operation.groupNorm(Layout.CHANNELS_FIRST, 1, 3, 2, 150_003),
                    Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 2, 6, 1500),
                    Operation.groupNorm(Layout.CHANNELS_LAST, 2, 1, 40_000, 6),
                    Operation.batchNorm(Layout.CHANNELS_FIRST, 130, 3, 2500),
                    Operation.layerNorm(new long[] {300, 70}, 70),
                    Operation.rmsNorm(new long[] {2, 300_000}, 300_000))) {
                Trial trial = Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 1);
                Plan forward = Plan.split(16, 4, 16).withMergeLaunch(true);
                PlanRun.assertSameBits(
                        trial.run(backend.session(), forward), trial.run(session, forward), trial.toString());
                GradientTrial gradients = GradientTrial.of(trial);
                Plan backward = Plan.split(16, 4, 16);
                GradientRun.assertSameBits(
                        gradients.run(backend.session(), backward),
                        gradients.run(session, backward),
                        gradients.toString());
            }
        }
    }
}
