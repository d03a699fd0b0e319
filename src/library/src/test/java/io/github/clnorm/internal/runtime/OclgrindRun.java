package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.ElementType.FLOAT32;
import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;

import io.github.clnorm.Backend;
import io.github.clnorm.Gradients;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.InstanceNorm;
import io.github.clnorm.Options;
import io.github.clnorm.Recorded;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.device.Devices;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanSpace;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.OwnOpenCl;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jocl.cl_mem;

/**
 * Runs plans at tiny shapes on the one device there is: Oclgrind, in a process of its own. Prints how many runs there
 * were; Oclgrind prints what it finds on standard error.
 */
final class OclgrindRun {

    private static final int LARGEST = 8;

    /** In every strategy, by work-groups of one item and of several, with the ends of the vector widths. */
    private static final List<Trial> MATRIX = List.of(
            Trial.of(Operation.groupNorm(CHANNELS_FIRST, 1, 2, 65), FLOAT32).affine(FLOAT32, 1),
            Trial.of(Operation.groupNorm(CHANNELS_FIRST, 1, 1, 3, 367), FLOAT32).affine(FLOAT32, 1),
            Trial.of(Operation.groupNorm(CHANNELS_LAST, 3, 2, 11, 9), FLOAT32).affine(FLOAT32, 1),
            Trial.of(Operation.batchNorm(CHANNELS_FIRST, 2, 2, 70), FLOAT32).affine(FLOAT32, 1));

    /** Parameters of each sample, forward and backward in every legal plan of teams. */
    private static final List<Trial> OF_SAMPLES = List.of(
            Trial.of(Operation.groupNormOfSamples(CHANNELS_LAST, 3, 2, 11, 9), FLOAT32)
                    .affine(FLOAT32, 1),
            Trial.of(Operation.layerNormOfSamples(new long[] {2, 5, 66}, 66), FLOAT32)
                    .affine(FLOAT32, 1));

    /**
     * In a plan of most kinds: every type, activation and kind of statistics, in both layouts. Each operation occurs with
     * two types, as the simulator takes most of its time to compile.
     */
    private static final List<Trial> EACH = each();

    private static List<Trial> each() {
        List<Trial> trials = new ArrayList<>();
        List<Operation> operations = List.of(
                Operation.groupNorm(CHANNELS_FIRST, 2, 2, 4, 3, 5),
                Operation.groupNorm(CHANNELS_LAST, 2, 2, 17, 6),
                Operation.batchNorm(CHANNELS_FIRST, 3, 2, 5),
                Operation.batchNorm(CHANNELS_LAST, 2, 5, 3),
                Operation.rmsNorm(new long[] {2, 19}, 19),
                Operation.evaluation(CHANNELS_FIRST, 2, 3, 70),
                Operation.evaluation(CHANNELS_LAST, 2, 7, 3));
        for (ElementType type : ElementType.values()) {
            for (int i = type.ordinal() % 2; i < operations.size(); i += 2) {
                int next = trials.size();
                ElementType parameters = ElementType.values()[next % 4];
                Activation activation = Activation.values()[next % 4];
                Trial trial =
                        Trial.of(operations.get(i), type).affine(parameters, 1).activation(activation);
                trials.add(next % 3 == 0 ? trial : trial.residual(3, next % 3 == 1));
            }
        }
        return trials;
    }

    /** Gradients in every legal plan of a few work-group sizes and vector widths: runs, parameters of each, columns. */
    private static final List<GradientTrial> GRADIENT_MATRIX = List.of(
            gradients(Operation.groupNorm(CHANNELS_FIRST, 1, 2, 3, 65)),
            gradients(Operation.layerNorm(new long[] {3, 66}, 66)),
            gradients(Operation.groupNorm(CHANNELS_LAST, 3, 2, 11, 9)));

    private static GradientTrial gradients(Operation operation) {
        return GradientTrial.of(Trial.of(operation, FLOAT32).affine(FLOAT32, 1));
    }

    /** For kernels of aligned vectors, which only GPUs take: the simulator reports vectors that are not aligned. */
    private static final List<Trial> ALIGNED = List.of(
            Trial.of(Operation.groupNorm(CHANNELS_FIRST, 2, 1, 4, 76), FLOAT32).affine(FLOAT32, 1),
            Trial.of(Operation.layerNorm(new long[] {5, 268}, 268), ElementType.FLOAT16)
                    .affine(ElementType.FLOAT16, 1),
            Trial.of(Operation.groupNorm(CHANNELS_LAST, 4, 1, 17, 24), ElementType.BFLOAT16)
                    .affine(FLOAT32, 1)
                    .residual(3, true));

    private static List<Plan> inRegisters(List<Plan> plans) {
        return plans.stream()
                .filter(plan -> plan instanceof WholeSetsPlan whole && whole.secondRead() == SecondRead.REGISTERS)
                .toList();
    }

    private OclgrindRun() {}

    /** Arguments: {@code matrix} for all strategies, work-group sizes and vector widths, or {@code initialised}. */
    public static void main(String[] arguments) {
        boolean matrix = arguments[0].equals("matrix");
        DeviceInfo device = Devices.of(Devices.platforms()).get(0);
        if (!device.name().contains("Oclgrind")) {
            throw new IllegalStateException("expected Oclgrind, got " + device);
        }
        int runs = 0;
        for (Trial trial : matrix ? MATRIX : List.<Trial>of()) {
            runs += every(device, trial, true);
        }
        for (Trial trial : EACH) {
            runs += every(device, trial, matrix);
        }
        for (GradientTrial trial : matrix ? GRADIENT_MATRIX : List.<GradientTrial>of()) {
            for (int group : new int[] {1, 8}) {
                for (int width : new int[] {1, 4}) {
                    runs += gradients(device, trial, true, PlanSpace.gradients(trial.problem(), device, group, width));
                }
            }
            runs += gradients(device, trial, true, inRegisters(PlanSpace.gradients(trial.problem(), device, 64, 1)));
        }
        DeviceInfo gpu = TestInfo.with(device, "type", DeviceType.GPU);
        for (Trial trial : matrix ? ALIGNED : List.<Trial>of()) {
            runs += every(gpu, trial, true);
            GradientTrial gradient = GradientTrial.of(trial);
            runs += gradients(gpu, gradient, true, PlanSpace.gradients(gradient.problem(), gpu, 16, 4));
        }
        for (Trial trial : matrix ? OF_SAMPLES : List.<Trial>of()) {
            runs += every(device, trial, true);
            GradientTrial gradient = GradientTrial.of(trial);
            runs += gradients(device, gradient, true, PlanSpace.gradients(gradient.problem(), device, 8, 4));
        }
        for (Trial trial : EACH) {
            GradientTrial gradient = GradientTrial.of(trial);
            List<Plan> plans = PlanSpace.gradients(gradient.problem(), device, 8, matrix ? 4 : 1);
            runs += gradients(device, gradient, matrix, plans.subList(0, Math.min(1, plans.size())));
        }
        if (!matrix) {
            runs += every(device, Trial.of(Operation.groupNorm(CHANNELS_FIRST, 1, 2, 2, 2100), FLOAT32), false);
        }
        runs += runningStatistics(device, matrix);
        runs += modulation(device, matrix);
        if (matrix) {
            runs += sharedMemory(device);
        }
        System.out.println(runs + " runs");
        System.exit(0);
    }

    /** A session for each trial: Oclgrind takes memory that a released buffer had before for uninitialised. */
    private static int every(DeviceInfo device, Trial trial, boolean matrix) {
        try (Session session = session(device, matrix)) {
            List<Plan> plans = plans(session, trial, matrix);
            PlanRun expected = null;
            for (Plan plan : plans) {
                PlanRun run = trial.run(session, plan);
                expected = expected == null ? run : expected;
                PlanRun.assertSameBits(expected, run, trial + ", " + plan);
            }
            trial.check(expected, trial.toString());
            return plans.size();
        }
    }

    private static List<Plan> plans(Session session, Trial trial, boolean matrix) {
        if (matrix && MATRIX.contains(trial)) {
            return PlanSpace.all(trial.problem(), session.device(), LARGEST).stream()
                    .filter(OclgrindRun::isDistinct)
                    .toList();
        }
        if (matrix && !ALIGNED.contains(trial)) {
            return PlanSpace.few(trial.problem(), session.device(), 4).stream()
                    .filter(plan -> plan.workGroupSize() > 1)
                    .toList();
        }
        // Scalars: the check takes lanes of vectors that were loaded, or set from one scalar, for uninitialised.
        return (matrix ? PlanSpace.variants(16, 4) : PlanSpace.variants(8, 1))
                .stream()
                        .filter(plan ->
                                session.planner().problem(plan, trial.problem()).isEmpty())
                        .limit(matrix ? Long.MAX_VALUE : 3)
                        .toList();
    }

    /** Widths in between run the same code. So do non-temporal stores, which need one width alone. */
    private static boolean isDistinct(Plan plan) {
        return plan.nonTemporal()
                ? plan.vectorWidth() == 4 && plan.workGroupSize() > 1
                : List.of(1, 4, 16).contains(plan.vectorWidth());
    }

    /** The same for gradients. */
    private static int gradients(DeviceInfo device, GradientTrial trial, boolean matrix, List<Plan> plans) {
        try (Session session = session(device, matrix)) {
            GradientRun expected = null;
            for (Plan plan : plans) {
                GradientRun run = trial.run(session, plan);
                expected = expected == null ? run : expected;
                GradientRun.assertSameBits(expected, run, trial + ", " + plan);
            }
            if (expected != null) {
                trial.check(expected, trial.toString());
            }
            return plans.size();
        }
    }

    private static int runningStatistics(DeviceInfo device, boolean matrix) {
        try (Backend backend = new Backend(session(device, matrix));
                InstanceNorm norm = InstanceNorm.builder(backend, 3, 1)
                        .trackRunningStats(true)
                        .build();
                Tensor x = backend.tensor(Values.normal(1, 24, 3, 2), 2, 3, 4);
                Tensor y = norm.forward(x)) {
            if (y.toFloats().length != 24 || norm.runningMean().toFloats()[0] == 0) {
                throw new IllegalStateException("running statistics are not updated");
            }
            return 1;
        }
    }

    /** The launches before and after a pass with scale and shift. */
    private static int modulation(DeviceInfo device, boolean matrix) {
        try (Backend backend = new Backend(session(device, matrix));
                GroupNorm norm = GroupNorm.of(backend, 1, 3);
                Tensor x = backend.tensor(Values.normal(1, 24, 3, 2), 2, 3, 4);
                Tensor scale = backend.tensor(Values.normal(2, 6, 0, 1), 2, 3);
                Tensor shift = backend.tensor(Values.normal(3, 6, 0, 1), 2, 3);
                Recorded pass = norm.record(x, Options.DEFAULTS.scaleShift(scale, shift));
                Gradients gradients = pass.backward(x)) {
            if (gradients.scale().toFloats().length != 6 || gradients.weight().toFloats()[0] == 0) {
                throw new IllegalStateException("the gradients of scale and weight are not computed");
            }
            return 1;
        }
    }

    /** A pass whose tensors end where a caller's buffer ends: at an offset of it, and in a slice. */
    private static int sharedMemory(DeviceInfo device) {
        try (OwnOpenCl own = new OwnOpenCl(device)) {
            Backend backend = own.backend();
            long place = 2L * own.alignment();
            int row = (int) (place / Float.BYTES);
            float[] values = Values.normal(1, row, 3, 2);
            float[] expected = new float[0];
            for (boolean sliced : new boolean[] {false, true}) {
                cl_mem in = own.buffer(2 * place);
                cl_mem out = own.buffer(2 * place);
                try (Tensor allIn = backend.wrap(in, FLOAT32, 2, row);
                        Tensor allOut = backend.wrap(out, FLOAT32, 2, row);
                        Tensor partIn = sliced ? allIn.slice(1, 2) : backend.wrap(in, place, FLOAT32, 1, row);
                        Tensor partOut = sliced ? allOut.slice(1, 2) : backend.wrap(out, place, FLOAT32, 1, row);
                        Tensor x = partIn.view(1, 2, row / 2);
                        Tensor y = partOut.view(1, 2, row / 2);
                        InstanceNorm norm = InstanceNorm.of1d(backend, 2)) {
                    x.set(values);
                    norm.infer(x, Options.DEFAULTS.output(y));
                    if (sliced && !Arrays.equals(expected, y.toFloats())) {
                        throw new IllegalStateException("a slice gives other bits than a wrapped buffer");
                    }
                    expected = y.toFloats();
                }
            }
            return 2;
        }
    }

    /** The check for uninitialised reads does not know an instruction of the optimizer. It must not get cached programs. */
    private static Session session(DeviceInfo device, boolean matrix) {
        OpenCl openCl = JoclOpenCl.open(device, false);
        return matrix
                ? new Session(openCl, device)
                : new Session(unoptimized(openCl), device, new ProgramCache(null, 0));
    }

    private static OpenCl unoptimized(OpenCl real) {
        return (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("build")) {
                        // Inlining leaves marks that only the optimizer removes.
                        arguments[1] += " -cl-opt-disable -DCLNORM_INLINE=static";
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
