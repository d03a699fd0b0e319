package io.github.clnorm.tools.conformance;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;
import java.util.function.Function;

/**
 * All operations, layouts, types, activations and residuals, compared with the float64 reference.
 *
 * <p>Not all combinations: some drivers take seconds to compile a kernel. If operations run the same kernel, their
 * shapes are chosen so that they share it: group_norm, instance_norm and batch_norm of one layout, and layer_norm with
 * channels first. PyTorch's cases cover single blocks, short rows and narrow parameters.
 */
final class ReferenceCases {

    /** In the order of the table. */
    static final List<ElementType> TYPES =
            List.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16, ElementType.FLOAT64);

    /** What is computed besides the normalization. */
    private enum Variant {
        PLAIN(Activation.NONE, false, false),
        RELU(Activation.RELU, true, false),
        SILU(Activation.SILU, true, true),
        GELU(Activation.GELU, false, false),
        GELU_TANH(Activation.GELU_TANH, false, false);

        private final Activation activation;
        private final boolean residual;
        private final boolean sum;

        Variant(Activation activation, boolean residual, boolean sum) {
            this.activation = activation;
            this.residual = residual;
            this.sum = sum;
        }

        Call of(Call call) {
            ElementType type = call.input.type();
            HostTensor other = residual ? HostTensor.normal(type, 4, -1, 1, call.input.shape()) : null;
            return call.activation(activation).residual(other, sum);
        }

        /** Those of a whole model in the type, but for two mixtures. */
        ElementType parameters(ElementType type) {
            return switch (this) {
                case GELU -> type == ElementType.FLOAT32 ? ElementType.BFLOAT16 : type;
                case SILU -> type.accumulator();
                default -> type;
            };
        }

        @Override
        public String toString() {
            return (activation == Activation.NONE ? "" : ", " + activation)
                    + (residual ? ", residual" : "")
                    + (sum ? " and sum" : "");
        }
    }

    /**
     * An operation with its layout and an input's shape. The maker creates a call without parameters from the input.
     */
    private record Form(NormSpec.Kind operation, String name, long[] shape, Function<HostTensor, Call> maker) {
        Call of(ElementType type, Variant variant) {
            ElementType parameters = variant.parameters(type);
            // A float16 output must not overflow, and a residual of the opposite sign must not cancel everything.
            Call call = maker.apply(HostTensor.normal(type, 1, 2, 1.5, shape));
            return variant.of(call.affine(
                    HostTensor.normal(parameters, 2, 1, 0.5, call.parameterShape()),
                    call.takesMean() ? HostTensor.normal(parameters, 3, 0, 1, call.parameterShape()) : null));
        }

        boolean takesMean() {
            return maker.apply(HostTensor.of(ElementType.FLOAT32, i -> 0, shape))
                    .takesMean();
        }
    }

    private static final String EVALUATION = "evaluation, ";

    private final Cases cases;

    ReferenceCases(Cases cases) {
        this.cases = cases;
    }

    void add() {
        for (Layout layout : Layout.values()) {
            add(form(
                    NormSpec.Kind.GROUP_NORM,
                    "2 groups, ",
                    layout,
                    shape(2, 8, 27, 31),
                    x -> Call.groupNorm(x, layout, 2)));
            add(form(NormSpec.Kind.INSTANCE_NORM, "", layout, shape(2, 3, 41, 31), x -> Call.instanceNorm(x, layout)));
            long[] batch = shape(3, 8, 20, 33);
            add(form(NormSpec.Kind.BATCH_NORM, "training, ", layout, batch, x -> running(Call.batchNorm(x, layout))));
            add(form(NormSpec.Kind.BATCH_NORM, EVALUATION, layout, batch, x -> running(Call.batchNorm(x, layout))
                    .ownStatistics(false)));
        }
        add(new Form(NormSpec.Kind.LAYER_NORM, "rows of 1500", shape(6, 1500), x -> Call.layerNorm(x, 1500)));
        add(new Form(NormSpec.Kind.RMS_NORM, "rows of 1500", shape(6, 1500), x -> Call.rmsNorm(x, 1500)));
    }

    private static Call running(Call call) {
        ElementType type = call.input.type().accumulator();
        HostTensor mean = HostTensor.normal(type, 5, 2, 0.5, call.parameterShape());
        HostTensor variance = HostTensor.of(type, i -> 1 + i / 4.0, call.parameterShape());
        return call.running(mean, variance, 0.3);
    }

    private static Form form(
            NormSpec.Kind operation, String name, Layout layout, long[] first, Function<HostTensor, Call> maker) {
        long[] shape = layout == Layout.CHANNELS_FIRST ? first : shape(first[0], first[2], first[3], first[1]);
        return new Form(operation, name + layout, shape, maker);
    }

    private void add(Form form) {
        for (ElementType type : TYPES) {
            for (Variant variant : variants(form, type)) {
                cases.addReference(form.operation.toString(), type, form.name + variant, () -> form.of(type, variant));
            }
            for (Variant variant : gradientVariants(form, type)) {
                cases.addGradients(
                        ConformanceRow.backward(form.operation),
                        type,
                        form.name + variant,
                        () -> GradOutput.to(form.of(type, variant)));
            }
        }
    }

    /** All variants in float32 if operations share a kernel; otherwise a few, with others for other kernels. */
    private static List<Variant> variants(Form form, ElementType type) {
        boolean last = form.name.endsWith(Layout.CHANNELS_LAST.toString());
        boolean own = form.name.startsWith(EVALUATION) || !form.takesMean();
        if (type == ElementType.FLOAT32) {
            return !own ? List.of(Variant.values()) : List.of(Variant.PLAIN, last ? Variant.RELU : Variant.SILU);
        }
        if (last || own) {
            // PyTorch's cases include the plain evaluation with channels first.
            return form.name.startsWith(EVALUATION) && !last ? List.of() : List.of(Variant.PLAIN);
        }
        return List.of(
                Variant.PLAIN,
                switch (type) {
                    case FLOAT16 -> Variant.RELU;
                    case BFLOAT16 -> Variant.SILU;
                    default -> Variant.GELU;
                });
    }

    /**
     * Every variant of operations with groups in float32, and another one in each other type; one or two of the other
     * operations.
     */
    private static List<Variant> gradientVariants(Form form, ElementType type) {
        boolean last = form.name.endsWith(Layout.CHANNELS_LAST.toString());
        if (type == ElementType.FLOAT32) {
            return form.operation.takes(NormSpec.Argument.NUM_GROUPS)
                    ? List.of(Variant.values())
                    : List.of(Variant.PLAIN, last ? Variant.RELU : Variant.SILU);
        }
        return form.operation.takes(NormSpec.Argument.NUM_GROUPS) ? variants(form, type) : List.of(Variant.PLAIN);
    }

    private static long[] shape(long... shape) {
        return shape;
    }
}
