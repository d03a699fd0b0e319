package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Functional;
import io.github.clnorm.Gradients;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Normalized;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever call fails: the error names it, nothing leaks, and the backend goes on working. */
@Tag("slow")
@Tag("device")
@SuppressWarnings("try")
class FailureTest {

    @Test
    void everyCallMayFailWithoutALeak() {
        var device = TestDevices.first().device();
        float[] values = Values.normal(1, 2 * 4 * 100, 0, 1);
        for (String call : List.of(
                "createBuffer",
                "write",
                "build",
                "createKernel",
                "workGroupLimit",
                "setArgument",
                "setLocalArgument",
                "enqueue",
                "flush",
                "read")) {
            for (int n = 1; n <= 3; n++) {
                FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, false));
                try (Backend backend = new Backend(new Session(faulty.port(), device))) {
                    faulty.fail(call, n);
                    int open = backend.session().openBuffers();
                    boolean failed = false;
                    try (Tensor x = backend.tensor(values, 2, 4, 100);
                            Tensor weight = backend.tensor(new float[4], 4)) {
                        try (Normalized result = Functional.groupNorm(x, 2, weight, null, 1e-5)) {
                            result.output().toFloats();
                        }
                    } catch (ClException e) {
                        failed = true;
                        assertEquals(call, e.call());
                        assertEquals("CL_OUT_OF_RESOURCES", e.codeName());
                    }
                    assertTrue(failed || n > faulty.count(call), call + " " + n + " did not fail");
                    assertEquals(open, backend.session().openBuffers(), call + " " + n + " leaked a buffer");
                    faulty.heal();
                    try (Tensor x = backend.tensor(values, 2, 4, 100);
                            GroupNorm norm = GroupNorm.of(backend, 2, 4);
                            Tensor y = norm.forward(x)) {
                        assertEquals(values.length, y.toFloats().length);
                    }
                }
                assertEquals(
                        faulty.count("createBuffer") - ("createBuffer".equals(call) && faulty.count(call) >= n ? 1 : 0),
                        faulty.count("release Memory"),
                        call + " " + n + ": buffers created and released");
                assertEquals(
                        faulty.count("createKernel") - ("createKernel".equals(call) && faulty.count(call) >= n ? 1 : 0),
                        faulty.count("release Kernel"),
                        call + " " + n + ": kernels created and released");
            }
        }
    }

    /** The same for the backward pass, which keeps scratch memory until the backend is closed. */
    @Test
    void everyCallOfATrainingStepMayFailWithoutALeak() {
        var device = TestDevices.first().device();
        float[] values = Values.normal(1, 2 * 4 * 100, 0, 1);
        for (String call : List.of("createBuffer", "build", "createKernel", "setArgument", "enqueue", "flush")) {
            for (int n = 1; n <= 14; n++) {
                FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, false));
                boolean failed = false;
                try (Backend backend = new Backend(new Session(faulty.port(), device))) {
                    faulty.fail(call, n);
                    failed = step(backend, values, call);
                    faulty.heal();
                    assertFalse(step(backend, values, "none"), call + " " + n + ": the backend is broken");
                }
                assertEquals(
                        faulty.count("createBuffer") - ("createBuffer".equals(call) && failed ? 1 : 0),
                        faulty.count("release Memory"),
                        call + " " + n + ": buffers created and released");
            }
        }
    }

    /** A training step; whether a call failed in it. */
    private static boolean step(Backend backend, float[] values, String failing) {
        try (Tensor x = backend.tensor(values, 2, 4, 100);
                GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
            try (Tensor y = norm.forward(x);
                    Gradients gradients = norm.backward(y)) {
                assertEquals(values.length, gradients.input().toFloats().length);
            }
            return false;
        } catch (ClException e) {
            assertEquals(failing, e.call());
            return true;
        }
    }

    @Test
    void aDeviceThatFailsWhileItIsClosedIsStillClosed() {
        var device = TestDevices.first().device();
        FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, false));
        Session session = new Session(faulty.port(), device);
        session.allocate(100);
        faulty.fail("finish", 1);
        assertThrows(ClException.class, session::close);
        assertTrue(session.isClosed());
        assertEquals(1, faulty.count("close"));
        assertEquals(1, faulty.count("release Memory"));
    }

    @Test
    void memoryThatAnotherProcessReleasesIsWaitedFor() {
        var device = TestDevices.first().device();
        FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, false));
        try (Backend backend = new Backend(new Session(faulty.port(), device))) {
            faulty.lackMemory("createBuffer", 3);
            try (Tensor x = backend.tensor(new float[] {1, 2, 3}, 3)) {
                assertEquals(4, faulty.count("createBuffer"));
                assertEquals(3, x.toFloats()[2]);
            }
            faulty.lackMemory("createBuffer", Integer.MAX_VALUE);
            ClException e = assertThrows(ClException.class, () -> backend.tensor(new float[1], 1));
            assertEquals("CL_MEM_OBJECT_ALLOCATION_FAILURE", e.codeName());
        }
    }
}
