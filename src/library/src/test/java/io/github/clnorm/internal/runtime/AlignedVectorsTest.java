package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.InstanceNorm;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.device.LocalMemoryType;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.OwnOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_mem;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Kernels for aligned vectors, which only GPUs take: devices of the machine pass for GPUs here. */
class AlignedVectorsTest {

    private static final String ALIGNED = "-DALIGNED=1";

    /** A device as a GPU, and the options of all programs that it builds. */
    private static final class AsGpu {
        private final DeviceInfo info;
        private final List<String> options = new ArrayList<>();

        AsGpu(DeviceInfo device) {
            // The local memory of a CPU is global memory, where sets are not kept.
            info = TestInfo.with(
                    TestInfo.with(device, "type", DeviceType.GPU), "localMemoryType", LocalMemoryType.DEDICATED);
        }

        Session session(OpenCl real) {
            OpenCl recorded = (OpenCl) Proxy.newProxyInstance(
                    OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("build")) {
                            options.add((String) arguments[1]);
                        }
                        try {
                            return method.invoke(real, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
            // Without a cache, every program is built.
            return new Session(recorded, info, new ProgramCache(null, 0));
        }

        boolean built(String option) {
            return options.stream().anyMatch(of -> of.contains(option));
        }
    }

    private static AlignedVectors vectors(DeviceInfo device, int width, boolean buffers) {
        return new AlignedVectors(device, Plan.split(64, width, 1), buffers);
    }

    @Test
    void rowsAndRunsAreMultiplesOfTheVectorWidth() {
        AlignedVectors four = vectors(TestInfo.GPU, 4, true);
        assertTrue(four.alongRuns(new Geometry(2, 1, 3, 24, 12)));
        assertTrue(four.alongRuns(new Geometry(2, 1, 3, 24, 1)), "each element has its own parameters");
        assertFalse(four.alongRuns(new Geometry(2, 1, 4, 12, 6)), "runs end within a vector");
        assertFalse(four.alongRuns(new Geometry(2, 1, 4, 6, 1)), "rows end within a vector");
        assertTrue(four.alongRows(new Geometry(2, 1, 4, 12, 6)), "runs are not used");
        assertTrue(four.acrossRows(new Geometry(2, 9, 2, 6, 1)));
        assertFalse(four.acrossRows(new Geometry(2, 9, 3, 6, 1)));
        assertTrue(four.acrossRows(new Geometry(2, 9, 4, 6, 1), 2));
        assertFalse(four.acrossRows(new Geometry(2, 9, 4, 6, 1), 1), "a work-group's columns begin within a vector");
        assertTrue(four.acrossRows(new Geometry(2, 9, 4, 6, 1), 9), "one work-group has all columns");
    }

    @Test
    void scalarsCpusAndBuffersOfCallersNeedNone() {
        Geometry geometry = new Geometry(2, 1, 3, 24, 12);
        assertFalse(vectors(TestInfo.GPU, 1, true).alongRuns(geometry));
        assertFalse(vectors(TestInfo.CPU, 4, true).alongRuns(geometry));
        assertFalse(vectors(TestInfo.GPU, 4, false).alongRuns(geometry));
    }

    /** Along runs, along rows of elements with parameters of their own, and across rows. */
    private static final List<Operation> MULTIPLES = List.of(
            Operation.groupNorm(CHANNELS_FIRST, 2, 2, 6, 284),
            Operation.layerNorm(new long[] {5, 1108}, 1108),
            Operation.layerNorm(new long[] {130, 76}, 76),
            Operation.groupNorm(CHANNELS_LAST, 4, 2, 131, 24),
            Operation.batchNorm(CHANNELS_LAST, 3, 50, 68));

    private static final List<Operation> NO_MULTIPLES = List.of(
            Operation.groupNorm(CHANNELS_FIRST, 2, 2, 6, 283),
            Operation.layerNorm(new long[] {5, 1107}, 1107),
            Operation.layerNorm(new long[] {130, 77}, 77),
            Operation.groupNorm(CHANNELS_LAST, 3, 2, 131, 27),
            Operation.batchNorm(CHANNELS_LAST, 3, 50, 67));

    private static final List<Plan> FORWARD = List.of(
            Plan.resident(16, 4).withSecondRead(SecondRead.LOCAL),
            Plan.split(16, 4, 16).withMergeLaunch(true).withNonTemporal(true),
            Plan.packed(32, 4, 2),
            Plan.residentAcross(16, 4, 2),
            Plan.split(64, 4, 2),
            Plan.split(16, 2, 16).withMergeLaunch(true),
            Plan.resident(32, 4).withSecondRead(SecondRead.REGISTERS));

    private static final List<Plan> BACKWARD = List.of(
            Plan.resident(32, 4).withSecondRead(SecondRead.LOCAL),
            Plan.split(16, 4, 2),
            Plan.packed(32, 4, 2),
            Plan.tiled(16, 4),
            Plan.split(64, 4, 16).withNonTemporal(true));

    private static int forward(Session expected, Session gpu, Trial trial, List<Plan> plans) {
        PlanRun bits = trial.run(expected);
        int legal = 0;
        for (Plan plan : plans) {
            if (gpu.planner().problem(plan, trial.problem()).isEmpty()) {
                PlanRun.assertSameBits(bits, trial.run(gpu, plan), trial + ", " + plan);
                PlanRun.assertSameBits(bits, PlanRun.of(gpu, trial, plan, true), trial + ", in place, " + plan);
                legal++;
            }
        }
        return legal;
    }

    private static int backward(Session expected, Session gpu, GradientTrial trial, List<Plan> plans) {
        GradientRun bits = trial.run(expected);
        int legal = 0;
        for (Plan plan : plans) {
            if (gpu.planner().problem(plan, trial.problem()).isEmpty()) {
                GradientRun.assertSameBits(bits, trial.run(gpu, plan), trial + ", " + plan);
                GradientRun.assertSameBits(bits, GradientRun.of(gpu, trial, plan, true), trial + ", in place, " + plan);
                legal++;
            }
        }
        return legal;
    }

    /** Mesa's compiler takes seconds for each kernel with vectors: some operations, types and plans run there. */
    private static <T> List<T> some(Backend backend, List<T> all) {
        return TestDevices.isSlow(backend) ? all.subList(0, 2) : all;
    }

    private static void sameBits(Backend backend, List<Operation> operations, boolean aligned) {
        boolean slow = TestDevices.isSlow(backend);
        for (Operation operation : slow ? List.of(operations.get(0), operations.get(3)) : operations) {
            AsGpu gpu = new AsGpu(backend.device());
            try (Session session = gpu.session(JoclOpenCl.open(backend.device(), false))) {
                Trial trial = Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 1);
                assertTrue(
                        forward(backend.session(), session, trial, some(backend, FORWARD)) >= 1, operation.toString());
                GradientTrial gradients = GradientTrial.of(trial);
                assertTrue(
                        backward(backend.session(), session, gradients, some(backend, BACKWARD)) >= 1,
                        operation.toString());
                assertEquals(aligned, gpu.built(ALIGNED), operation.toString());
            }
        }
    }

    @Tag("slow")
    @OnEveryDevice
    void alignedVectorsGiveTheSameBits(Backend backend) {
        sameBits(backend, MULTIPLES, true);
    }

    @Tag("slow")
    @OnEveryDevice
    void rowsThatEndWithinAVectorGiveTheSameBits(Backend backend) {
        sameBits(backend, NO_MULTIPLES, false);
    }

    @Tag("slow")
    @OnEveryDevice
    void everyTypeGivesTheSameBits(Backend backend) {
        AsGpu gpu = new AsGpu(backend.device());
        List<Plan> forward = List.of(Plan.resident(16, 4).withSecondRead(SecondRead.LOCAL), Plan.split(16, 4, 2));
        List<Plan> backward = List.of(Plan.tiled(16, 4), Plan.split(16, 4, 2));
        try (Session session = gpu.session(JoclOpenCl.open(backend.device(), false))) {
            for (ElementType type : some(backend, List.of(ElementType.values()))) {
                if (type == ElementType.FLOAT64 && !backend.device().fp64()) {
                    continue;
                }
                ElementType parameters = type == ElementType.FLOAT32 ? ElementType.BFLOAT16 : type;
                Trial trial = Trial.of(MULTIPLES.get(1), type)
                        .affine(parameters, 1)
                        .activation(Activation.RELU)
                        .residual(3, true);
                assertEquals(2, forward(backend.session(), session, trial, forward), trial.toString());
                assertEquals(2, backward(backend.session(), session, GradientTrial.of(trial), backward));
            }
        }
        assertTrue(gpu.built(ALIGNED));
    }

    /** The copy that speeds are compared with. */
    @OnEveryDevice
    void theCopyCopiesAlignedVectors(Backend backend) {
        AsGpu gpu = new AsGpu(backend.device());
        try (Session session = gpu.session(JoclOpenCl.open(backend.device(), false))) {
            for (int elements : new int[] {4 * 4096 + 8, 4 * 4096 + 7}) {
                double[] values = Values.normal(ElementType.FLOAT32, 5, elements, 0, 1);
                try (DeviceBuffer from = GuardedBuffers.filled(session, ElementType.FLOAT32, values);
                        DeviceBuffer to = session.allocate(from.bytes())) {
                    Copy.enqueue(session, new Copy.Variant(64, 4, 4096, false, false), from, to);
                    assertArrayEquals(values, GuardedBuffers.values(session, ElementType.FLOAT32, to));
                }
            }
        }
        assertEquals(2, gpu.options.size());
        assertTrue(gpu.options.get(0).contains(ALIGNED));
        assertFalse(gpu.options.get(1).contains(ALIGNED));
    }

    /** OpenCL promises the alignment of one element for a caller's host memory, and devices may work there. */
    @OnEveryDevice
    void aCallersHostMemoryMayBeginWithinAVector(Backend any) {
        int channels = 3;
        int length = 64;
        int count = channels * length;
        float[] values = Values.normal(7, count, 1, 2);
        ByteBuffer host = ByteBuffer.allocateDirect(8192 + count * Float.BYTES).order(ByteOrder.nativeOrder());
        AsGpu gpu = new AsGpu(any.device());
        try (OwnOpenCl own = new OwnOpenCl(any.device());
                Backend backend = new Backend(gpu.session(JoclOpenCl.on(any.device(), own.context(), own.queue())));
                InstanceNorm norm = InstanceNorm.of1d(backend, channels)) {
            float[] expected = new float[0];
            for (int misplaced : new int[] {0, Float.BYTES}) {
                gpu.options.clear();
                int page = (4096 - host.alignmentOffset(0, 4096)) % 4096;
                ByteBuffer part =
                        host.slice(page + misplaced, count * Float.BYTES).order(ByteOrder.nativeOrder());
                part.asFloatBuffer().put(values);
                int[] code = new int[1];
                cl_mem memory = CL.clCreateBuffer(
                        own.context(), CL.CL_MEM_USE_HOST_PTR, part.remaining(), Pointer.to(part), code);
                OwnOpenCl.check(code[0], "clCreateBuffer");
                try (Tensor x = backend.wrap(memory, ElementType.FLOAT32, 1, channels, length)) {
                    assertEquals(misplaced == 0, x.buffer().isAligned());
                    norm.infer(x, Options.DEFAULTS.output(x));
                    expected = misplaced == 0 ? x.toFloats() : expected;
                    assertArrayEquals(expected, x.toFloats());
                } finally {
                    CL.clReleaseMemObject(memory);
                }
                assertEquals(misplaced == 0 && !gpu.built("-DVECTOR_WIDTH=1 "), gpu.built(ALIGNED));
            }
        }
    }
}
