package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Values in pairs around a mean that is a power of two. Every sum is exact in any order, so mean, rstd and output must
 * match without error. oneDNN's benchdnn fills its inputs in this way.
 */
final class ExactCases {

    static final String ROW = "exact data";

    /** Makes variance + eps 4, and rstd 0.5. */
    private static final double EPS = 3;

    private static final double MEAN = 4;
    private static final double RSTD = 0.5;

    private final Cases cases;

    ExactCases(Cases cases) {
        this.cases = cases;
    }

    void add() {
        for (ElementType type : ReferenceCases.TYPES) {
            for (Layout layout : Layout.values()) {
                boolean first = layout == Layout.CHANNELS_FIRST;
                long[] shape = first ? shape(2, 8, 64, 64) : shape(2, 64, 64, 8);
                add("group_norm, 2 groups, " + layout, type, shape, x -> Call.groupNorm(x, layout, 2));
                add("instance_norm, " + layout, type, shape, x -> Call.instanceNorm(x, layout));
                add("batch_norm, training, " + layout, type, shape, x -> Call.batchNorm(x, layout));
                // Kernels that no other case needs are not built for every type.
                if (type == ElementType.FLOAT32 || !first) {
                    add("batch_norm, evaluation, " + layout, type, shape, ExactCases::evaluation);
                }
            }
            add("layer_norm", type, shape(6, 2048), x -> Call.layerNorm(x, 2048));
            meanSquare(type);
        }
    }

    private static Call evaluation(HostTensor x) {
        Layout layout = x.shape()[1] == 8 ? Layout.CHANNELS_FIRST : Layout.CHANNELS_LAST;
        ElementType type = x.type().accumulator();
        return Call.batchNorm(x, layout)
                .running(HostTensor.of(type, i -> MEAN, 8), HostTensor.of(type, i -> 1, 8), 0.1)
                .ownStatistics(false);
    }

    private void add(String name, ElementType type, long[] shape, Function<HostTensor, Call> maker) {
        cases.add(ROW, type, name, (backend, check) -> {
            Call call = maker.apply(pairs(type, MEAN, shape)).eps(EPS);
            double[] x = call.input.values();
            check(check, OnDevice.run(backend, affine(call)), call, i -> (x[i] - MEAN) * RSTD);
        });
    }

    /** No mean is subtracted: the mean square is 4. */
    private void meanSquare(ElementType type) {
        cases.add(ROW, type, "rms_norm", (backend, check) -> {
            HostTensor sign = pairs(type, 0, 6, 2048);
            Call call = Call.rmsNorm(HostTensor.of(type, i -> 2 * sign.values()[i], 6, 2048), 2048)
                    .eps(0);
            check(check, OnDevice.run(backend, affine(call)), call, i -> sign.values()[i]);
        });
    }

    /** Weights and biases that keep every result exact. */
    private static Call affine(Call call) {
        ElementType type = call.input.type().accumulator();
        return call.affine(
                HostTensor.of(type, i -> i % 2 == 0 ? 2 : -1, call.parameterShape()),
                HostTensor.of(type, i -> i % 5 - 2, call.parameterShape()));
    }

    private static void check(
            CaseCheck check, CallResult actual, Call call, java.util.function.IntToDoubleFunction normalized) {
        double[] gamma = call.weight.values();
        double[] beta = call.bias.values();
        double[] y = new double[call.input.values().length];
        Arrays.setAll(y, i -> {
            int parameter = parameter(call, i);
            // Adding 0 makes -0 of a zero product the 0 that the sum with a bias of 0 has.
            return normalized.applyAsDouble(i) * gamma[parameter] + beta[parameter] + 0.0;
        });
        check.sameBits("output", y, actual.output());
        constant(check, "mean", MEAN, actual);
        constant(check, "rstd", RSTD, actual);
    }

    private static void constant(CaseCheck check, String role, double value, CallResult actual) {
        double[] given = actual.get(role);
        if (given != null) {
            double[] expected = new double[given.length];
            Arrays.fill(expected, value);
            check.sameBits(role, expected, given);
        }
    }

    private static int parameter(Call call, int index) {
        long[] shape = call.input.shape();
        if (!call.isOfChannels() || call.layout == Layout.CHANNELS_LAST) {
            return index % (int) shape[shape.length - 1];
        }
        return index / (int) (shape[2] * shape[3]) % (int) shape[1];
    }

    /** m + 1 and m - 1 in every pair of neighbouring positions, in alternating order. */
    private static HostTensor pairs(ElementType type, double m, long... shape) {
        SplittableRandom random = new SplittableRandom(17);
        boolean channelsLast = shape.length == 4 && shape[3] == 8;
        int stride = channelsLast ? 8 : 1;
        double[] sign = new double[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
        for (int i = 0; i < sign.length; i++) {
            if (i / stride % 2 == 0) {
                sign[i] = random.nextBoolean() ? 1 : -1;
                sign[i + stride] = -sign[i];
            }
        }
        return HostTensor.of(type, i -> m + sign[i], shape);
    }

    private static long[] shape(long... shape) {
        return shape;
    }
}
