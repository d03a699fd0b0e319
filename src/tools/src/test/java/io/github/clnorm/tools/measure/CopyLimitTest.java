package io.github.clnorm.tools.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import io.github.clnorm.internal.runtime.Copy;
import io.github.clnorm.internal.timing.FakeClock;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class CopyLimitTest {

    @Test
    void candidatesVaryVectorWorkGroupPartAndStores() {
        List<Copy.Variant> cpu = CopyLimit.candidates(TestInfo.CPU);
        assertTrue(cpu.stream().allMatch(plan -> plan.workGroupSize() == 1 && plan.vectorWidth() >= 8));
        List<Copy.Variant> gpu = CopyLimit.candidates(TestInfo.GPU);
        assertTrue(gpu.stream().map(Copy.Variant::workGroupSize).distinct().count() >= 3);
        assertTrue(gpu.stream().map(Copy.Variant::vectorWidth).distinct().count() >= 3);
        for (List<Copy.Variant> plans : List.of(cpu, gpu)) {
            assertTrue(plans.stream().map(Copy.Variant::partSize).distinct().count() >= 3);
            assertEquals(
                    2, plans.stream().map(Copy.Variant::nonTemporal).distinct().count());
            assertEquals(plans.size(), new HashSet<>(plans).size());
        }
        assertTrue(gpu.stream().allMatch(plan -> plan.workGroupSize() <= TestInfo.GPU.maxWorkGroupSize()));
        assertFalse(CopyLimit.candidates(TestInfo.with(TestInfo.GPU, "maxWorkGroupSize", 1))
                .isEmpty());
    }

    /** With any clock: one that stands still, and one that leaves no time at all. */
    @OnEveryDevice
    void everyFinalistCopies(Backend backend) {
        float[] values = Values.normal(1, 10_007, 0, 1);
        try (Tensor from = backend.tensor(values, values.length);
                Tensor to = backend.empty(values.length)) {
            for (long step : new long[] {0, 1, Long.MAX_VALUE >> 20}) {
                CopyLimit limit = new CopyLimit(backend.session(), new FakeClock(step), () -> false);
                for (int again = 0; again < 2; again++) {
                    List<Copy.Variant> best = limit.best(from.buffer(), to.buffer(), 1000);
                    assertEquals(2, best.size());
                    for (Copy.Variant plan : best) {
                        to.set(new float[values.length]);
                        limit.copy(plan, from.buffer(), to.buffer());
                        assertArrayEquals(values, to.toFloats(), plan.toString());
                    }
                }
            }
        }
    }
}
