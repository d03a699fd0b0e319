package io.github.clnorm.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.plan.PlanRules;
import io.github.clnorm.runtime.opencl.JoclOpenCl;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A launch holds a bounded amount of work, whatever the size of the tensor. */
@Tag("device")
class LaunchBoundsTest {

    @Test
    void aSlowDeviceGetsTheWorkInSeveralLaunches() {
        Backend backend = TestDevices.first();
        DeviceInfo slow = TestInfo.with(TestInfo.with(backend.device(), "computeUnits", 1), "clockMHz", 1);
        assertEquals(1 << 18, PlanRules.elementsPerLaunch(slow));
        Geometry geometry = GroupNormGeometry.of(new long[] {5, 4, 70_000}, 2);
        float[] x = Values.normal(1, (int) geometry.elements(), 1, 1);
        try (Session session = new Session(JoclOpenCl.open(backend.device(), true), slow)) {
            for (Plan plan : new Plan[] {
                Plan.resident(1, 16), Plan.split(1, 16, 16), Plan.split(1, 16, 16).withMergeOnce(true)
            }) {
                PlanRun[] run = new PlanRun[1];
                LaunchTimes times = session.timed(() -> run[0] = PlanRun.of(session, geometry, plan, x, null, null, 1e-5));
                assertTrue(times.launches() >= 6, plan + " took " + times.launches() + " launches");
                assertTrue(times.nanoseconds() > 0);
                Errors.assertSameBits(
                        PlanRun.of(backend.session(), geometry, plan, x, null, null, 1e-5).output(),
                        run[0].output(),
                        plan + " in " + times.launches() + " launches");
            }
        }
    }

    @Test
    void aPlanBeyondTheBoundsIsRefusedWithTheReason() {
        Backend backend = TestDevices.first();
        Geometry geometry = GroupNormGeometry.of(new long[] {1, 1, 1 << 24}, 1);
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> Forward.enqueue(
                        backend.session(),
                        geometry,
                        Plan.resident(1, 16),
                        new Forward.Buffers(null, null, null, null, null, null),
                        1e-5f));
        assertTrue(e.getMessage().contains("loop trips"), e.getMessage());
    }
}
