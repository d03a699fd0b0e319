package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.function.Function;

/** Relations that hold between gradients, whatever their values. */
final class GradientRelationCases {

    static final String ROW = "relations of gradients";

    private static final ElementType TYPE = ElementType.FLOAT32;

    /** The bound for a sum that is 0 but for rounding, relative to the sum of all magnitudes. */
    private static final double ZERO = 2e-6;

    private final Cases cases;

    GradientRelationCases(Cases cases) {
        this.cases = cases;
    }

    void add() {
        for (Layout layout : Layout.values()) {
            String name = ", " + layout;
            long[] shape = image(layout, 3, 8, 27, 31);
            // Few channels with many positions run the same kernels as the other cases.
            long[] instances = image(layout, 3, 2, 41, 31);
            add("group_norm" + name, shape, x -> Call.groupNorm(x, layout, 2));
            add("instance_norm" + name, instances, x -> Call.instanceNorm(x, layout));
            balanced("batch_norm" + name, shape, x -> Call.batchNorm(x, layout));
            scaled("batch_norm" + name, shape, x -> Call.batchNorm(x, layout));
        }
        add("layer_norm", new long[] {6, 1500}, x -> Call.layerNorm(x, 1500));
        samples("rms_norm", new long[] {6, 1500}, x -> Call.rmsNorm(x, 1500));
        scaled("rms_norm", new long[] {6, 1500}, x -> Call.rmsNorm(x, 1500));
    }

    private void add(String name, long[] shape, Function<HostTensor, Call> maker) {
        balanced(name, shape, maker);
        scaled(name, shape, maker);
        samples(name, shape, maker);
    }

    private static long[] image(Layout layout, long n, long c, long h, long w) {
        return layout == Layout.CHANNELS_FIRST ? new long[] {n, c, h, w} : new long[] {n, h, w, c};
    }

    /** A call with parameters. Its input and output gradient may be parts of larger tensors. */
    private static Call call(Function<HostTensor, Call> maker, HostTensor input, HostTensor dy) {
        Call call = maker.apply(input);
        return call.affine(
                        HostTensor.normal(TYPE, 42, 1, 0.5, call.parameterShape()),
                        !call.takesMean() ? null : HostTensor.normal(TYPE, 43, 0, 1, call.parameterShape()))
                .gradOutput(dy);
    }

    private static HostTensor input(long... shape) {
        return HostTensor.normal(TYPE, 41, 1, 2, shape);
    }

    private static HostTensor gradOutput(long... shape) {
        return HostTensor.normal(TYPE, 44, 0.25, 1, shape);
    }

    /** Adding a constant to a set changes nothing, so the set's gradients add up to 0. */
    private void balanced(String name, long[] shape, Function<HostTensor, Call> maker) {
        cases.add(ROW, TYPE, name + ": a set's gradients add up to 0", (backend, check) -> {
            double[] dx = OnDevice.gradients(backend, call(maker, input(shape), gradOutput(shape)))
                    .get("grad_input");
            double[] means = means(maker, shape, dx);
            double[] magnitudes =
                    means(maker, shape, Arrays.stream(dx).map(Math::abs).toArray());
            double[] relative = new double[means.length];
            Arrays.setAll(relative, set -> means[set] / magnitudes[set]);
            check.close("sum", new double[means.length], relative, (i, e) -> ZERO);
        });
    }

    /** The mean of each set. */
    private static double[] means(Function<HostTensor, Call> maker, long[] shape, double... values) {
        return InFloat64.run(maker.apply(new HostTensor(TYPE, shape, values))).get("mean");
    }

    /** Without eps, an eighth of the input gives the same output, and its gradient is 8 times as large. */
    private void scaled(String name, long[] shape, Function<HostTensor, Call> maker) {
        cases.add(ROW, TYPE, name + ": an eighth of the input, without eps", (backend, check) -> {
            HostTensor x = input(shape);
            HostTensor eighth = HostTensor.of(TYPE, i -> x.values()[i] / 8, shape);
            double[] expected = scaled(backend, maker, x);
            double[] actual = scaled(backend, maker, eighth);
            Arrays.setAll(actual, i -> actual[i] / 8);
            // Each of the two may have an error up to the bound.
            check.close(
                    "grad_input",
                    expected,
                    actual,
                    Tolerance.ofGradient(TYPE).against((i, e) -> Tolerance.FLOAT32_GRADIENT * (1 + Math.abs(e))));
        });
    }

    private static double[] scaled(Backend backend, Function<HostTensor, Call> maker, HostTensor x) {
        return OnDevice.gradients(backend, call(maker, x, gradOutput(x.shape())).eps(0))
                .get("grad_input");
    }

    private void samples(String name, long[] shape, Function<HostTensor, Call> maker) {
        cases.add(RelationCases.SAME_BITS, TYPE, name + ": gradients of samples one by one", (backend, check) -> {
            double[] together =
                    gradients(backend, maker, shape, 0, (int) shape[0]).get("grad_input");
            int each = together.length / (int) shape[0];
            for (int n = 0; n < shape[0]; n++) {
                check.sameBits(
                        "grad_input of sample " + n,
                        Arrays.copyOfRange(together, n * each, (n + 1) * each),
                        gradients(backend, maker, shape, n, 1).get("grad_input"));
            }
        });
        cases.add(ROW, TYPE, name + ": two parts of a batch", (backend, check) -> {
            CallResult whole = gradients(backend, maker, shape, 0, (int) shape[0]);
            CallResult one = gradients(backend, maker, shape, 0, 1);
            CallResult other = gradients(backend, maker, shape, 1, (int) shape[0] - 1);
            whole.all().forEach((role, expected) -> {
                if (!role.equals("grad_input")) {
                    double[] sum = one.get(role).clone();
                    Arrays.setAll(sum, i -> sum[i] + other.get(role)[i]);
                    Call call = call(maker, input(shape), gradOutput(shape));
                    Tolerance tolerance = GradientCheck.tolerance(call, role);
                    // Each of the three may have an error up to the bound.
                    check.close(
                            role,
                            expected,
                            sum,
                            tolerance.against((i, e) -> 2 * Tolerance.FLOAT32_GRADIENT * tolerance.scale(i, e)));
                }
            });
        });
    }

    private static CallResult gradients(
            Backend backend, Function<HostTensor, Call> maker, long[] shape, int from, int count) {
        return OnDevice.gradients(
                backend,
                call(maker, input(shape).samples(from, count), gradOutput(shape).samples(from, count)));
    }
}
