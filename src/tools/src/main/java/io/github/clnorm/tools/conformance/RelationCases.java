package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.function.Function;

/** Relations that hold between results, whatever their values: most of them bit for bit. */
final class RelationCases {

    static final String SAME_BITS = "same bits";
    static final String SHIFTED = "shifted inputs";

    private static final ElementType TYPE = ElementType.FLOAT32;

    private final Cases cases;

    RelationCases(Cases cases) {
        this.cases = cases;
    }

    void add() {
        for (Layout layout : Layout.values()) {
            long[] shape = image(layout, 3, 8, 27, 31);
            // Few channels with many positions run the same kernels as the other cases.
            long[] instances = image(layout, 3, 2, 41, 31);
            same(
                    "instance_norm is group_norm of a channel a group, " + layout,
                    Call.instanceNorm(normal(instances), layout),
                    Call.groupNorm(normal(instances), layout, 2));
            samples("group_norm, " + layout, shape, x -> affine(Call.groupNorm(x, layout, 2)));
            samples("instance_norm, " + layout, instances, x -> affine(Call.instanceNorm(x, layout)));
            shifted("group_norm, " + layout, shape, x -> Call.groupNorm(x, layout, 2));
            shifted("instance_norm, " + layout, instances, x -> Call.instanceNorm(x, layout));
            shifted("batch_norm, " + layout, shape, x -> Call.batchNorm(x, layout));
        }
        same(
                "group_norm in one group is layer_norm over all but the first dimension",
                Call.groupNorm(normal(3, 8, 27, 31), Layout.CHANNELS_FIRST, 1),
                Call.layerNorm(normal(3, 8, 27, 31), 8, 27, 31));
        samples("layer_norm", new long[] {6, 1500}, x -> affine(Call.layerNorm(x, 1500)));
        samples("rms_norm", new long[] {6, 1500}, x -> affine(Call.rmsNorm(x, 1500)));
        shifted("layer_norm", new long[] {6, 1500}, x -> Call.layerNorm(x, 1500));
        evaluation();
    }

    private static HostTensor normal(long... shape) {
        return HostTensor.normal(TYPE, 11, 1, 2, shape);
    }

    private static long[] image(Layout layout, long n, long c, long h, long w) {
        return layout == Layout.CHANNELS_FIRST ? new long[] {n, c, h, w} : new long[] {n, h, w, c};
    }

    private static Call affine(Call call) {
        return call.affine(
                HostTensor.normal(TYPE, 12, 1, 1, call.parameterShape()),
                !call.takesMean() ? null : HostTensor.normal(TYPE, 13, 0, 1, call.parameterShape()));
    }

    private void same(String name, Call one, Call other) {
        cases.add(SAME_BITS, TYPE, name, (backend, check) -> {
            CallResult expected = OnDevice.run(backend, one);
            CallResult actual = OnDevice.run(backend, other);
            expected.all().forEach((role, values) -> check.sameBits(role, values, actual.get(role)));
        });
    }

    /** A sample's result depends neither on other samples nor on its position among them. */
    private void samples(String name, long[] shape, Function<HostTensor, Call> maker) {
        cases.add(SAME_BITS, TYPE, name + ": samples in another order", (backend, check) -> {
            double[] expected = reversed(output(backend, maker, normal(shape)), shape[0]);
            HostTensor input = normal(shape);
            HostTensor other = new HostTensor(TYPE, shape, reversed(input.values(), shape[0]));
            check.sameBits("output", expected, output(backend, maker, other));
        });
        cases.add(SAME_BITS, TYPE, name + ": samples one by one", (backend, check) -> {
            double[] together = output(backend, maker, normal(shape));
            int each = together.length / (int) shape[0];
            for (int n = 0; n < shape[0]; n++) {
                double[] expected = Arrays.copyOfRange(together, n * each, (n + 1) * each);
                check.sameBits(
                        "output of sample " + n,
                        expected,
                        output(backend, maker, normal(shape).samples(n, 1)));
            }
        });
    }

    private static double[] output(Backend backend, Function<HostTensor, Call> maker, HostTensor input) {
        return OnDevice.run(backend, maker.apply(input)).output();
    }

    private static double[] reversed(double[] values, long samples) {
        int each = values.length / (int) samples;
        double[] reversed = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            reversed[i] = values[((int) samples - 1 - i / each) * each + i % each];
        }
        return reversed;
    }

    /**
     * x + c gives the same result as x. c is chosen so that the sum is exact, and both results are within their bounds.
     */
    private void shifted(String name, long[] shape, Function<HostTensor, Call> maker) {
        cases.add(SHIFTED, TYPE, name, (backend, check) -> {
            HostTensor x = HostTensor.of(TYPE, grid(normal(shape).values()), shape);
            HostTensor shifted = HostTensor.of(TYPE, i -> x.values()[i] + 512, shape);
            check.close(
                    "output",
                    output(backend, maker, x),
                    output(backend, maker, shifted),
                    (i, e) -> 2 * Tolerance.FLOAT32);
        });
    }

    /** Multiples of 2^-13 below 16: with 512 they have 23 bits. */
    private static java.util.function.IntToDoubleFunction grid(double... values) {
        return i -> Math.rint(values[i] * 0x1p13) * 0x1p-13;
    }

    /** With running statistics there are no sums: both layouts give the same result. */
    private void evaluation() {
        cases.add(SAME_BITS, TYPE, "batch_norm in evaluation of both layouts", (backend, check) -> {
            int channels = 8;
            int positions = 27 * 31;
            HostTensor first = normal(3, channels, 27, 31);
            HostTensor last = new HostTensor(
                    TYPE, new long[] {3, 27, 31, channels}, transposed(first.values(), channels, positions));
            double[] expected =
                    transposed(output(backend, x -> evaluation(x, Layout.CHANNELS_FIRST), first), channels, positions);
            check.sameBits("output", expected, output(backend, x -> evaluation(x, Layout.CHANNELS_LAST), last));
        });
    }

    private static Call evaluation(HostTensor x, Layout layout) {
        Call call = affine(Call.batchNorm(x, layout)).ownStatistics(false);
        return call.running(HostTensor.normal(TYPE, 14, 1, 1, 8), HostTensor.of(TYPE, i -> 0.5 + i / 3.0, 8), 0.1);
    }

    /** (N, C, S) as (N, S, C). */
    private static double[] transposed(double[] values, int channels, int positions) {
        double[] result = new double[values.length];
        int sample = channels * positions;
        for (int i = 0; i < values.length; i++) {
            int channel = i % sample / positions;
            result[i / sample * sample + i % positions * channels + channel] = values[i];
        }
        return result;
    }
}
