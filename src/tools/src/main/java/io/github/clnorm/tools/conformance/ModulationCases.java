package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;
import java.util.function.Function;

/**
 * Scale and shift of each sample, compared with the float64 reference: every operation that takes them, every layout and
 * type, forward and backward.
 */
final class ModulationCases {

    static final String ROW = "scale and shift";
    static final String BACKWARD = ROW + " backward";

    /** What a call has besides scale and shift. */
    private record Form(String name, long[] shape, Function<HostTensor, Call> maker, boolean affine, Activation after) {

        Call of(ElementType type, ElementType modulation) {
            Call call = maker.apply(HostTensor.normal(type, 51, 1, 1.5, shape)).activation(after);
            if (affine) {
                call.affine(
                        HostTensor.normal(type, 52, 1, 0.5, call.parameterShape()),
                        call.takesMean() ? HostTensor.normal(type, 53, 0, 1, call.parameterShape()) : null);
            }
            return call.scaleShift(
                    HostTensor.normal(modulation, 54, 0, 0.5, call.modulationShape()),
                    HostTensor.normal(modulation, 55, 0, 1, call.modulationShape()));
        }
    }

    private final Cases cases;

    ModulationCases(Cases cases) {
        this.cases = cases;
    }

    void add() {
        for (ElementType type : ReferenceCases.TYPES) {
            for (Form form : forms()) {
                // The modulation of a half type is of the same type, or float32 as in mixed precision.
                ElementType modulation = form.affine ? type.accumulator() : type;
                cases.addReference(ROW, type, form.name, () -> form.of(type, modulation));
                cases.addGradients(BACKWARD, type, form.name, () -> GradOutput.to(form.of(type, modulation)));
            }
        }
    }

    /** The first two as in diffusion networks: SiLU after a ResNet block's norm, DiT's norm without parameters. */
    private static List<Form> forms() {
        return List.of(
                new Form(
                        "group_norm, 4 groups, channels_first, silu",
                        shape(3, 8, 27, 31),
                        x -> Call.groupNorm(x, Layout.CHANNELS_FIRST, 4),
                        true,
                        Activation.SILU),
                new Form(
                        "layer_norm, rows of 72",
                        shape(2, 131, 72),
                        x -> Call.layerNorm(x, 72),
                        false,
                        Activation.NONE),
                new Form(
                        "group_norm, 4 groups, channels_last",
                        shape(3, 27, 31, 8),
                        x -> Call.groupNorm(x, Layout.CHANNELS_LAST, 4),
                        true,
                        Activation.NONE),
                new Form(
                        "group_norm, 1 position",
                        shape(5, 12),
                        x -> Call.groupNorm(x, Layout.CHANNELS_FIRST, 3),
                        true,
                        Activation.NONE),
                new Form(
                        "instance_norm, channels_first",
                        shape(3, 5, 41),
                        x -> Call.instanceNorm(x, Layout.CHANNELS_FIRST),
                        false,
                        Activation.NONE),
                new Form(
                        "instance_norm, channels_last, silu",
                        shape(3, 300, 5),
                        x -> Call.instanceNorm(x, Layout.CHANNELS_LAST),
                        false,
                        Activation.SILU),
                new Form(
                        "layer_norm, 2 dimensions, silu",
                        shape(3, 2, 5, 3),
                        x -> Call.layerNorm(x, 5, 3),
                        true,
                        Activation.SILU),
                new Form(
                        "rms_norm, rows of 1500",
                        shape(3, 4, 1500),
                        x -> Call.rmsNorm(x, 1500),
                        true,
                        Activation.NONE));
    }

    private static long[] shape(long... shape) {
        return shape;
    }
}
