package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.function.Supplier;

/** Cases that other libraries got wrong, each with its report. */
final class KnownFailureCases {

    static final String ROW = "known failures";

    private static final ElementType TYPE = ElementType.FLOAT32;

    private final Cases cases;
    private final long largeGroup;

    /**
     * Cases sized for a device.
     *
     * @param slow whether the device would take minutes for a few million elements
     */
    KnownFailureCases(Cases cases, boolean slow) {
        this.cases = cases;
        this.largeGroup = slow ? 1 << 18 : 1 << 22;
    }

    void add() {
        Layout first = Layout.CHANNELS_FIRST;
        add(
                "a variance of 0, pytorch 40302",
                () -> Call.groupNorm(HostTensor.normal(TYPE, 1, 100, 0.01, 1, 1, 32_768), first, 1));
        add(
                "4 channels with mean 2000, pytorch 51102",
                () -> Call.groupNorm(HostTensor.normal(TYPE, 2, 2000, 1, 2, 4, 9), first, 4));
        add(
                "rows of NaN, mean 1449, deviation 0.4, mlx 2238",
                () -> Call.layerNorm(HostTensor.normal(TYPE, 3, 1449, 0.4, 64, 512), 512));
        add(
                "a group of " + largeGroup + " elements, pytorch 54293",
                () -> Call.groupNorm(HostTensor.normal(TYPE, 4, 3, 1, 1, 4, largeGroup / 4), first, 1));
        add("more than 65,536 rows, apex 411", () -> Call.layerNorm(HostTensor.normal(TYPE, 5, 1, 1, 70_001, 5), 5));
        add(
                "mean 10,000, group_norm of channels_last",
                () -> Call.groupNorm(HostTensor.normal(TYPE, 7, 1e4, 1, 2, 27, 31, 8), Layout.CHANNELS_LAST, 2));
        for (Layout layout : Layout.values()) {
            long[] shape = layout == first ? new long[] {3, 8, 20, 33} : new long[] {3, 20, 33, 8};
            add(
                    "mean 10,000, batch_norm of " + layout,
                    () -> Call.batchNorm(HostTensor.normal(TYPE, 8, 1e4, 1, shape), layout));
        }
        hugeInputs();
        oneElement();
        gradients();
    }

    private void gradients() {
        for (Layout layout : Layout.values()) {
            boolean first = layout == Layout.CHANNELS_FIRST;
            long[] shape = first ? new long[] {3, 8, 20, 33} : new long[] {3, 20, 33, 8};
            gradients(
                    "mean 10,000, group_norm of " + layout,
                    () -> Call.groupNorm(HostTensor.normal(TYPE, 8, 1e4, 1, shape), layout, 2));
            gradients(
                    "mean 10,000, batch_norm of " + layout,
                    () -> Call.batchNorm(HostTensor.normal(TYPE, 8, 1e4, 1, shape), layout));
            long[] many = first ? new long[] {300, 6, 5, 4} : new long[] {300, 5, 4, 6};
            gradients(
                    "300 samples, group_norm of " + layout,
                    () -> Call.groupNorm(HostTensor.normal(TYPE, 9, 1, 2, many), layout, 2));
        }
        gradients("mean 10,000, layer_norm", () -> Call.layerNorm(HostTensor.normal(TYPE, 10, 1e4, 1, 6, 1500), 1500));
        gradients("300 rows, layer_norm", () -> Call.layerNorm(HostTensor.normal(TYPE, 11, 1, 2, 300, 40), 40));
    }

    /** The gradients of the input, the weight and the bias. */
    private void gradients(String name, Supplier<Call> call) {
        cases.addGradients(ROW, TYPE, "gradients, " + name, () -> {
            Call made = call.get();
            return GradOutput.to(made.affine(
                    HostTensor.normal(TYPE, 12, 1, 0.5, made.parameterShape()),
                    HostTensor.normal(TYPE, 13, 0, 1, made.parameterShape())));
        });
    }

    private void add(String name, Supplier<Call> call) {
        cases.addReference(ROW, TYPE, name, call);
    }

    /** Only the output is compared: next to a deviation of 1e30, a small mean has a large error. */
    private void hugeInputs() {
        cases.add(ROW, TYPE, "inputs of 1e30, pytorch 162489", (backend, check) -> {
            Call call = Call.layerNorm(HostTensor.normal(TYPE, 6, 0, 1e30, 6, 1500), 1500);
            check.close(
                    "output",
                    InFloat64.run(call).output(),
                    OnDevice.run(backend, call).output(),
                    Tolerance.of(TYPE));
        });
    }

    private void oneElement() {
        cases.add(ROW, TYPE, "groups of one element, pytorch 94288", (backend, check) -> {
            double[] x = {3.7f, -1e30f, 0.1f, 1e-30f, 12345.678f, 0};
            double[] beta = {0.25, -7, 1e-3f};
            Call call = Call.groupNorm(new HostTensor(TYPE, new long[] {2, 3, 1}, x), Layout.CHANNELS_FIRST, 3)
                    .affine(HostTensor.of(TYPE, i -> 2 + i, 3), new HostTensor(TYPE, new long[] {3}, beta));
            CallResult result = OnDevice.run(backend, call);
            check.sameBits("output", HostTensor.of(TYPE, i -> beta[i % 3], 6).values(), result.output());
            check.sameBits("mean", x, result.get("mean"));
        });
    }
}
