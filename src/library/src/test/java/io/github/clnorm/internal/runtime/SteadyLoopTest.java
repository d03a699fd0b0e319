package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Functional;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.Normalized;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a call costs that was made before: launches, and hardly anything else. */
@Tag("slow")
@Tag("device")
class SteadyLoopTest {

    private static final int WARM = 5000;
    private static final int CALLS = 1000;
    private static final long MOST_BYTES = 2560;

    private static final float[] VALUES = Values.normal(1, 2 * 4 * 100, 0, 1);

    private final FaultyOpenCl counting =
            new FaultyOpenCl(JoclOpenCl.open(TestDevices.first().device(), false));

    private Backend backend() {
        return new Backend(new Session(counting.port(), TestDevices.first().device()));
    }

    private static void pass(Tensor x, Tensor weight) {
        try (Normalized result = Functional.groupNorm(x, 2, weight, null, 1e-5);
                Gradients gradients =
                        Functional.groupNormBackward(x, x, 2, weight, null, result.saved(), GradientOptions.DEFAULTS)) {
            assertTrue(gradients.weight().elements() > 0);
        }
    }

    @Test
    void onTheSameTensorsNothingIsAllocatedAndNoArgumentIsSet() {
        try (Backend backend = backend();
                Tensor x = backend.tensor(VALUES, 2, 4, 100);
                Tensor weight = backend.tensor(new float[4], 4)) {
            pass(x, weight);
            pass(x, weight);
            counting.fail("nothing", 1);
            pass(x, weight);
            for (String call : new String[] {
                "createBuffer",
                "release Memory",
                "setArgument",
                "setLocalArgument",
                "build",
                "createKernel",
                "workGroupLimit"
            }) {
                assertEquals(0, counting.count(call), call);
            }
            assertTrue(counting.count("enqueue") >= 2);
        }
    }

    @Test
    void anArgumentThatCouldNotBeSetIsSetTheNextTime() {
        float[] other = Values.normal(2, VALUES.length, 3, 2);
        try (Backend backend = backend();
                Tensor x = backend.tensor(VALUES, 2, 4, 100);
                Tensor z = backend.tensor(other, 2, 4, 100)) {
            float[] expected;
            try (Normalized result = Functional.groupNorm(z, 2, null, null, 1e-5)) {
                expected = result.output().toFloats();
            }
            Functional.groupNorm(x, 2, null, null, 1e-5).close();
            counting.fail("setArgument", 1);
            assertThrows(ClException.class, () -> Functional.groupNorm(z, 2, null, null, 1e-5));
            counting.heal();
            try (Normalized result = Functional.groupNorm(z, 2, null, null, 1e-5)) {
                Errors.assertSameBits(expected, result.output().toFloats(), "after a failure");
            }
        }
    }

    @Test
    void aCallThatWasMadeBeforeLeavesLittleGarbage() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        Backend backend = TestDevices.first();
        try (Tensor x = backend.tensor(new float[60], 2, 30, 1, 1);
                Tensor weight = backend.tensor(new float[30], 30)) {
            for (int i = 0; i < WARM; i++) {
                pass(x, weight);
            }
            backend.finish();
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                pass(x, weight);
            }
            // Forward and backward; without the compiler's help, too.
            long bytes = (threads.getCurrentThreadAllocatedBytes() - before) / CALLS / 2;
            assertTrue(bytes < MOST_BYTES, bytes + " bytes a call");
        }
    }
}
